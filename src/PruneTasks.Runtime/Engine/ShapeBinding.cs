using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>
/// The tensors of a request for one choice of axes, bound once. ONNX Runtime then reads the inputs' buffers and writes the outputs'
/// without any allocation. An output whose shape does not follow from the axes is allocated by ONNX Runtime in the first run; its shape
/// is remembered, and from then on it has a buffer too. Where that proves wrong (the shape depends on values) it stays with ONNX Runtime.
/// </summary>
internal sealed class ShapeBinding : IDisposable
{
    private readonly ModelEngine _engine;
    private readonly OrtIoBinding _binding;
    private readonly OutputSlot[] _outputs;
    private int _unbound;

    public ShapeBinding(ModelEngine engine, int[] axes, int[][] inputShapes, PinnedBuffer?[] inputs, PinnedBuffer?[] outputs)
    {
        _engine = engine;
        (Axes, InputShapes) = (axes, inputShapes);
        _binding = engine.OwnedSession.CreateIoBinding();
        _outputs = new OutputSlot[outputs.Length];
        try
        {
            BindInputs(inputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                _outputs[i] = new OutputSlot { Signature = engine.Outputs[i], Buffer = outputs[i] };
                if (outputs[i] is not null)
                    _outputs[i].Shape = engine.Outputs[i].Resolve(axes)!;
                Bind(i);
            }
        }
        catch
        {
            _binding.Dispose();
            throw;
        }
    }

    public int[] Axes { get; }

    public int[][] InputShapes { get; }

    /// <summary>Whether a run may fail because a prepared output has another shape than it turns out to have.</summary>
    public bool IsAssuming { get; private set; }

    /// <summary>Whether an output is prepared by what an earlier run gave.</summary>
    public bool HasLearned { get; private set; }

    public OutputSlot Output(int index) => _outputs[index];

    public void BindInputs(PinnedBuffer?[] buffers)
    {
        for (int i = 0; i < buffers.Length; i++)
        {
            if (buffers[i] is not { } buffer)
                continue;
            using OrtValue value = buffer.Tensor(_engine.Inputs[i], InputShapes[i]);
            _binding.BindInput(_engine.InputNames[i], value);
        }
    }

    public void BindInput(int index, OrtValue value) => _binding.BindInput(_engine.InputNames[index], value);

    public void Run(RunOptions options)
    {
        _engine.OwnedSession.RunWithBinding(options, _binding);
        if (_unbound > 0)
            Collect();
    }

    /// <summary>Leaves all outputs to ONNX Runtime; <see cref="Collect"/> then sees which were prepared wrongly.</summary>
    public void Unbind()
    {
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i].Bound)
                Bind(i, toBuffer: false);
        }
    }

    public void Dispose() => _binding.Dispose();

    private void Bind(int index) =>
        Bind(index, toBuffer: _outputs[index].Buffer is not null && !_engine.DataDependent[index]);

    private void Bind(int index, bool toBuffer)
    {
        OutputSlot slot = _outputs[index];
        if (toBuffer)
        {
            using OrtValue value = slot.Buffer!.Tensor(slot.Signature, slot.Shape);
            _binding.BindOutput(slot.Signature.Name, value);
        }
        else
        {
            _binding.BindOutputToDevice(slot.Signature.Name, OrtMemoryInfo.DefaultInstance);
        }
        slot.Bound = toBuffer;
        _unbound = _outputs.Count(output => output is { Bound: false });
        IsAssuming = _outputs.Any(output => output is { Bound: true });
    }

    /// <summary>Copies what ONNX Runtime allocated: its memory goes with its next run.</summary>
    private void Collect()
    {
        using IDisposableReadOnlyCollection<OrtValue> values = _binding.GetOutputValues();
        for (int i = 0; i < _outputs.Length; i++)
        {
            OutputSlot slot = _outputs[i];
            if (slot.Bound)
                continue;
            OrtTensorTypeAndShapeInfo info = values[i].GetTensorTypeAndShape();
            int[] shape = Array.ConvertAll(info.Shape, entries => checked((int)entries));
            if (slot.Signature.ElementSize == 0)
            {
                slot.Strings = values[i].GetStringTensorAsArray();
                slot.Shape = shape;
                Bind(i, toBuffer: false);
                continue;
            }
            bool asBefore = slot.Buffer is not null && shape.AsSpan().SequenceEqual(slot.Shape);
            if (slot.Buffer is not null && !asBefore)
                _engine.DataDependent[i] = true;
            int bytes = ModelShapes.Bytes(slot.Signature, shape);
            if (slot.Buffer is null || slot.Buffer.Length < bytes)
            {
                slot.Buffer = new PinnedBuffer(bytes);
                HasLearned = true;
            }
            if (!asBefore)
                slot.Shape = shape;
            if (bytes > 0)
                values[i].GetTensorMutableRawData().CopyTo(slot.Buffer.Bytes(bytes));
            // On a device a prepared tensor is checked for its size only, so nothing is prepared on a guess there. What stays with ONNX Runtime
            // is bound anew: it would take its own last tensor for one that was prepared.
            Bind(i, toBuffer: !_engine.DataDependent[i] && (!_engine.InputsOnDevice || slot.Signature.Resolve(Axes) is not null));
        }
    }
}

/// <summary>An output of a request: its memory, and the shape that its last run gave.</summary>
internal sealed class OutputSlot
{
    public required TensorSignature Signature { get; init; }

    public PinnedBuffer? Buffer { get; set; }

    public int[] Shape { get; set; } = [];

    public string[]? Strings { get; set; }

    /// <summary>Whether ONNX Runtime writes into <see cref="Buffer"/>.</summary>
    public bool Bound { get; set; }
}
