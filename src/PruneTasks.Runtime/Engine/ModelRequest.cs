using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>
/// A call that is made over and over: inputs are written in place, outputs are read in place, and a run allocates nothing once each
/// choice of axes has run. For one caller at a time; a second one gets an exception instead of another's numbers.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ModelRequest : IDisposable
{
    // Choices of axes whose tensors stay bound; the one that was unused longest goes.
    private const int Remembered = 8;

    private readonly ModelEngine _engine;
    private readonly int[] _capacity;
    private readonly int[] _axes;
    private readonly int[]?[] _inputShapes;
    private readonly PinnedBuffer?[] _inputs;
    private readonly string[]?[] _strings;
    private readonly PinnedBuffer?[] _outputs;
    private readonly List<ShapeBinding> _bindings = new(Remembered);
    private readonly RunOptions _options = new();
    private RequestRun? _offload;
    private ShapeBinding? _current;
    private bool _terminated;
    private bool _quiet;
    private bool _hasRun;
    private int _busy;
    private int _disposed;
    private int _released;

    internal ModelRequest(ModelEngine engine, int[] capacity, int[]?[]? shapes)
    {
        if (capacity.Length != engine.Axes.Length)
            throw new ArgumentException($"{capacity.Length} axes are given; model '{engine.Name}' has {engine.Axes.Length}.", nameof(capacity));
        for (int i = 0; i < capacity.Length; i++)
        {
            if (capacity[i] < 0)
                throw new ArgumentOutOfRangeException(nameof(capacity), capacity[i], $"Axis '{engine.Axes[i]}' is negative.");
        }
        _engine = engine;
        _capacity = [.. capacity];
        _axes = [.. capacity];
        _inputShapes = new int[engine.Inputs.Length][];
        _inputs = new PinnedBuffer?[engine.Inputs.Length];
        _strings = new string[engine.Inputs.Length][];
        _outputs = new PinnedBuffer?[engine.Outputs.Length];
        for (int i = 0; i < _inputs.Length; i++)
        {
            TensorSignature input = engine.Inputs[i];
            if (input.Shape is null)
                _inputShapes[i] = shapes?.ElementAtOrDefault(i) ?? throw new ArgumentException($"Input '{input.Name}' needs a shape.", nameof(shapes));
            int[] shape = _inputShapes[i] ?? input.Resolve(capacity)!;
            if (input.ElementSize == 0)
                _strings[i] = [.. Enumerable.Repeat("", checked((int)ModelShapes.Count(shape)))];
            else
                _inputs[i] = new PinnedBuffer(ModelShapes.Bytes(input, shape));
        }
        for (int i = 0; i < _outputs.Length; i++)
        {
            TensorSignature output = engine.Outputs[i];
            if (output.ElementSize != 0 && output.Resolve(capacity) is { } shape)
                _outputs[i] = new PinnedBuffer(ModelShapes.Bytes(output, shape));
        }
        engine.AddUser();
    }

    /// <summary>The largest size of each axis.</summary>
    public ReadOnlySpan<int> Capacity => _capacity;

    /// <summary>The present size of each axis.</summary>
    public ReadOnlySpan<int> Axes => _axes;

    /// <summary>
    /// Chooses the size of each axis, up to the capacity. Inputs keep their memory: values are packed by the new shape, so write them anew.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An axis is negative or above the capacity.</exception>
    public void Resize(ReadOnlySpan<int> axes)
    {
        Guard();
        if (axes.Length != _capacity.Length)
            throw new ArgumentException($"{axes.Length} axes are given; the request has {_capacity.Length}.", nameof(axes));
        for (int i = 0; i < axes.Length; i++)
        {
            if (axes[i] < 0 || axes[i] > _capacity[i])
                throw new ArgumentOutOfRangeException(nameof(axes), axes[i], $"Axis '{_engine.Axes[i]}' may be 0 to {_capacity[i]}, the capacity of this request.");
        }
        if (axes.SequenceEqual(_axes))
            return;
        axes.CopyTo(_axes);
        _current = null;
        _hasRun = false;
    }

    /// <summary>The values of an input, to be written. Keep the span no longer than the axes stay as they are.</summary>
    public Span<T> Input<T>(int index)
        where T : unmanaged
    {
        Guard();
        TensorSignature input = _engine.Inputs[index];
        if (ElementTypes.Of<T>() != input.Type)
            throw new InvalidOperationException($"Input '{input.Name}' has elements of {input.Type}, not {typeof(T)}.");
        return MemoryMarshal.Cast<byte, T>(_inputs[index]!.Bytes(ModelShapes.Bytes(input, InputShape(index))));
    }

    /// <summary>As <see cref="Input{T}"/>, for code that learns the type when it runs.</summary>
    internal Span<byte> InputBytes(int index)
    {
        Guard();
        return _inputs[index]!.Bytes(ModelShapes.Bytes(_engine.Inputs[index], InputShape(index)));
    }

    /// <summary>The values of a string input, to be written. Each run hands a copy to ONNX Runtime, which allocates.</summary>
    public Span<string> StringInput(int index)
    {
        Guard();
        return _strings[index].AsSpan(0, checked((int)ModelShapes.Count(InputShape(index))));
    }

    /// <summary>Entries per axis of an input.</summary>
    public ReadOnlySpan<int> InputShape(int index) => Current().InputShapes[index];

    /// <summary>The values of an output, from the last run. The next run writes over them.</summary>
    /// <exception cref="InvalidOperationException">The request has not run with these axes yet.</exception>
    public ReadOnlySpan<T> Output<T>(int index)
        where T : unmanaged
    {
        OutputSlot slot = Produced(index);
        if (ElementTypes.Of<T>() != slot.Signature.Type)
            throw new InvalidOperationException($"Output '{slot.Signature.Name}' has elements of {slot.Signature.Type}, not {typeof(T)}.");
        return MemoryMarshal.Cast<byte, T>(slot.Buffer!.Bytes(ModelShapes.Bytes(slot.Signature, slot.Shape)));
    }

    /// <summary>The values of a string output, from the last run.</summary>
    /// <exception cref="InvalidOperationException">The request has not run with these axes yet.</exception>
    public IReadOnlyList<string> StringOutput(int index) => Produced(index).Strings!;

    /// <summary>Entries per axis of an output, from the last run.</summary>
    /// <exception cref="InvalidOperationException">The request has not run with these axes yet.</exception>
    public ReadOnlySpan<int> OutputShape(int index) => Produced(index).Shape;

    /// <summary>Runs the model on the inputs as they are.</summary>
    /// <exception cref="InvalidOperationException">Another call uses this request.</exception>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Run"/>: ONNX Runtime failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before or while running.</exception>
    /// <exception cref="ObjectDisposedException">The request or its model was disposed.</exception>
    public void Run(CancellationToken cancellationToken = default)
    {
        Enter();
        try
        {
            RunEntered(cancellationToken);
        }
        finally
        {
            _engine.ExitRun();
            Exit();
        }
    }

    /// <summary>As <see cref="Run(CancellationToken)"/>, on a thread of the pool. Allocates nothing either; await it once, and use the request only then.</summary>
    public ValueTask RunAsync(CancellationToken cancellationToken = default)
    {
        Enter();
        _offload ??= new RequestRun(this);
        return _offload.Start(cancellationToken);
    }

    /// <summary>Lets go of the buffers; a run that is under way finishes first.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0 && Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
            Release();
    }

    internal SemaphoreSlim? Gate => _engine.Gate;

    /// <summary>The run itself, by whoever has entered; with a turn of the gate that the caller gives back, or without.</summary>
    internal void RunEntered(CancellationToken cancellationToken, bool hasTurn = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_terminated)
            _options.Terminate = _terminated = false;
        ShapeBinding binding = Current();
        if (_engine.InputsOnDevice)
            binding.BindInputs(_inputs);
        BindStrings(binding);
        if (binding.HasLearned && !_quiet)
        {
            // A shape that was learnt may turn out wrong: that is no error, and a real one is in the exception.
            _options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            _quiet = true;
        }
        RunWatch watch = RunWatch.Start(_engine, cancellationToken, hasTurn);
        try
        {
            if (cancellationToken.CanBeCanceled)
                RunCancellable(binding, cancellationToken);
            else
                Run(binding, cancellationToken);
            _hasRun = true;
            watch.Stop(Items(binding), null);
        }
        catch (Exception exception)
        {
            watch.Stop(Items(binding), exception);
            throw;
        }
        finally
        {
            if (!hasTurn)
                _engine.Gate?.Release();
        }
    }

    /// <summary>Ends a use; disposes if that was asked for meanwhile.</summary>
    internal void Exit()
    {
        Volatile.Write(ref _busy, 0);
        if (Volatile.Read(ref _disposed) != 0 && Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
            Release();
    }

    /// <summary>A request that was disposed while its run was offloaded will be awaited by nobody, perhaps.</summary>
    internal void OffloadEnded()
    {
        _engine.ExitRun();
        if (Volatile.Read(ref _disposed) != 0)
            Release();
    }

    private void RunCancellable(ShapeBinding binding, CancellationToken cancellationToken)
    {
        // Disposing the registration waits for a callback at work, so none comes later and stops the next run.
        using (cancellationToken.UnsafeRegister(static state => ((ModelRequest)state!).Terminate(), this))
            Run(binding, cancellationToken);
    }

    private void Terminate()
    {
        _terminated = true;
        _options.Terminate = true;
    }

    private void Run(ShapeBinding binding, CancellationToken cancellationToken)
    {
        try
        {
            binding.Run(_options);
        }
        catch (OnnxRuntimeException exception)
        {
            // A cancelled run may also end because it was stopped half-way through a first failure.
            if (!binding.IsAssuming || cancellationToken.IsCancellationRequested)
                throw _engine.Failure(exception, cancellationToken);
            RunUnprepared(binding, exception, cancellationToken);
        }
    }

    /// <summary>A prepared output may have had the wrong shape: again without any. If that fails too, the first failure counts.</summary>
    private void RunUnprepared(ShapeBinding binding, OnnxRuntimeException first, CancellationToken cancellationToken)
    {
        binding.Unbind();
        try
        {
            binding.Run(_options);
        }
        catch (OnnxRuntimeException)
        {
            throw _engine.Failure(first, cancellationToken);
        }
    }

    private void BindStrings(ShapeBinding binding)
    {
        for (int i = 0; i < _strings.Length; i++)
        {
            if (_strings[i] is not { } texts)
                continue;
            using OrtValue value = StringTensors.Create(texts, binding.InputShapes[i]);
            binding.BindInput(i, value);
        }
    }

    private ShapeBinding Current()
    {
        if (_current is not null)
            return _current;
        int found = _bindings.Count - 1;
        while (found >= 0 && !_bindings[found].Axes.AsSpan().SequenceEqual(_axes))
            found--;
        ShapeBinding current;
        if (found >= 0)
        {
            current = _bindings[found];
            _bindings.RemoveAt(found);
        }
        else
        {
            if (_bindings.Count == Remembered)
            {
                _bindings[0].Dispose();
                _bindings.RemoveAt(0);
            }
            current = Create();
        }
        _bindings.Add(current);
        return _current = current;
    }

    private long Items(ShapeBinding binding) => _inputs.Length > 0 && _engine.Inputs[0].Shape is [< 0, ..] ? binding.InputShapes[0][0] : 1;

    // Apart: its closure would be allocated wherever it is written.
    private ShapeBinding Create()
    {
        int[][] shapes = [.. _engine.Inputs.Select((input, i) => _inputShapes[i] ?? input.Resolve(_axes)!)];
        return new ShapeBinding(_engine, [.. _axes], shapes, _inputs, _outputs);
    }

    private OutputSlot Produced(int index)
    {
        Guard();
        return _hasRun ? Current().Output(index) : throw new InvalidOperationException("The request has not run with these axes yet.");
    }

    /// <summary>Spans are not handed out while a run writes.</summary>
    private void Guard()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (Volatile.Read(ref _busy) != 0)
            throw InUse();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
            throw InUse();
        _engine.EnterRun();
        if (Volatile.Read(ref _disposed) == 0 && !_engine.IsDisposed)
            return;
        _engine.ExitRun();
        Exit();
        _engine.ThrowIfDisposed();
        throw new ObjectDisposedException(GetType().FullName);
    }

    private InvalidOperationException InUse() =>
        new($"This request of model '{_engine.Name}' is in use by another call. Give each thread a request of its own, and await RunAsync before the next use.");

    private void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
            return;
        foreach (ShapeBinding binding in _bindings)
            binding.Dispose();
        _bindings.Clear();
        _options.Dispose();
        _engine.RemoveUser();
    }
}
