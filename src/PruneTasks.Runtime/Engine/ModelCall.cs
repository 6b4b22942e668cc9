using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PruneTasks.Runtime;

/// <summary>
/// One call of a model: set every input, run, read outputs, dispose; on one thread. Inputs are the caller's memory, pinned while
/// the model runs.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct ModelCall
{
    private readonly ModelEngine _engine;
    private readonly CancellationToken _cancellationToken;
    private readonly OrtValue?[] _inputs;
    private readonly long[]?[] _shapes;
    private readonly TensorElementType[] _types;
    private InputMemory _memory;
    private IDisposableReadOnlyCollection<OrtValue>? _outputs;
    private bool _ended;

    internal ModelCall(ModelEngine engine, CancellationToken cancellationToken)
    {
        _engine = engine;
        _cancellationToken = cancellationToken;
        _inputs = new OrtValue?[engine.InputNames.Length];
        _shapes = new long[]?[_inputs.Length];
        _types = new TensorElementType[_inputs.Length];
    }

    /// <summary>Sets an input.</summary>
    /// <param name="index">Position in the model's list of inputs.</param>
    /// <param name="values">Row-major values; must stay as they are until the call has run.</param>
    /// <param name="shape">Entries per axis.</param>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Shape"/>: the values do not fill the shape.</exception>
    public void Input<T>(int index, ReadOnlySpan<T> values, scoped ReadOnlySpan<int> shape)
        where T : unmanaged
    {
        ModelShapes.Check(_engine.InputNames[index], values.Length, shape);
        _types[index] = ElementTypes.Of<T>();
        _shapes[index] = Widen(shape);
        if (index < InputMemory.Capacity)
            _memory.Set(index, MemoryMarshal.AsBytes(values));
        else
            Copy(index, values);
    }

    /// <summary>Sets an input of rank 0.</summary>
    public void Scalar<T>(int index, T value)
        where T : unmanaged
    {
        _types[index] = ElementTypes.Of<T>();
        _shapes[index] = [];
        Copy(index, new ReadOnlySpan<T>(in value));
    }

    /// <summary>Sets an input of strings; as <see cref="Input{T}"/>.</summary>
    public void Strings(int index, scoped ReadOnlySpan<string> values, scoped ReadOnlySpan<int> shape)
    {
        ModelShapes.Check(_engine.InputNames[index], values.Length, shape);
        _shapes[index] = Widen(shape);
        _inputs[index]?.Dispose();
        _inputs[index] = StringTensors.Create(values, shape);
    }

    /// <summary>Runs the model.</summary>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Run"/>: ONNX Runtime failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before or while running.</exception>
    public void Run()
    {
        for (int i = 0; i < _shapes.Length; i++)
        {
            if (_shapes[i] is null)
                throw new InvalidOperationException($"Input '{_engine.InputNames[i]}' is not set.");
        }
        RunFrom(0);
    }

    /// <summary>The values of an output, in memory that lives until this call is disposed.</summary>
    public readonly ReadOnlySpan<T> OutputSpan<T>(int index)
        where T : unmanaged => Read<T>(Produced(index), out _);

    /// <summary>A copy of an output that outlives this call.</summary>
    public readonly OutputTensor<T> Output<T>(int index)
        where T : unmanaged
    {
        ReadOnlySpan<T> values = Read<T>(Produced(index), out long[] shape);
        T[] copy = GC.AllocateUninitializedArray<T>(values.Length);
        values.CopyTo(copy);
        return new OutputTensor<T>(copy, Array.ConvertAll(shape, entries => checked((int)entries)));
    }

    /// <summary>A copy of an output of strings.</summary>
    public readonly StringOutput StringOutput(int index) => new(Produced(index).GetStringTensorAsArray());

    /// <summary>Entries of the first input's first axis, where that is open: by convention the batch.</summary>
    private readonly long Items => _inputs.Length > 0 && _engine.Inputs[0].Shape is [< 0, ..] && _shapes[0] is { Length: > 0 } shape ? shape[0] : 1;

    /// <summary>Ends the call.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        _ended = true;
        _outputs?.Dispose();
        foreach (OrtValue? input in _inputs)
            input?.Dispose();
        _engine.ExitRun();
        _engine.RemoveUser();
    }

    /// <summary>Pins the inputs one stack frame at a time: <c>fixed</c> cannot hold a list of spans.</summary>
    private unsafe void RunFrom(int index)
    {
        while (index < _inputs.Length && _inputs[index] is not null)
            index++;
        if (index == _inputs.Length)
        {
            _outputs = _engine.Run(_inputs!, Items, _cancellationToken);
            return;
        }
        ReadOnlySpan<byte> bytes = _memory.Get(index);
        fixed (byte* data = bytes)
        {
            using OrtValue value = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, _types[index], _shapes[index]!, (IntPtr)data, bytes.Length);
            _inputs[index] = value;
            RunFrom(index + 1);
            _inputs[index] = null;
        }
    }

    private readonly void Copy<T>(int index, scoped ReadOnlySpan<T> values)
        where T : unmanaged
    {
        _inputs[index]?.Dispose();
        OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, _types[index], _shapes[index]!);
        _inputs[index] = value;
        if (!values.IsEmpty)
            MemoryMarshal.AsBytes(values).CopyTo(value.GetTensorMutableRawData());
    }

    private readonly OrtValue Produced(int index) =>
        (_outputs ?? throw new InvalidOperationException("The model has not run."))[index];

    private static ReadOnlySpan<T> Read<T>(OrtValue value, out long[] shape)
        where T : unmanaged
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        shape = info.Shape;
        if (info.ElementDataType != ElementTypes.Of<T>())
            ThrowWrongType(info.ElementDataType, typeof(T));
        // ONNX Runtime's span of raw bytes narrows the size to 32 bits.
        if (value.GetTensorSizeInBytes() > int.MaxValue)
            throw new ModelException(ModelErrorKind.Shape, $"An output has {value.GetTensorSizeInBytes()} bytes; at most 2 GiB can be read.");
        return info.ElementCount == 0 ? [] : MemoryMarshal.Cast<byte, T>(value.GetTensorMutableRawData());
    }

    private static long[] Widen(scoped ReadOnlySpan<int> shape)
    {
        long[] wide = new long[shape.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = shape[i];
        return wide;
    }

    [DoesNotReturn]
    private static void ThrowWrongType(TensorElementType actual, Type wanted) =>
        throw new ModelException(ModelErrorKind.Run, $"An output has elements of {actual}; {wanted} was expected.");
}
