using Microsoft.ML.OnnxRuntime;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>
/// One state of a session: two buffers, of which one holds the past while the model writes the present into the other. Tokens lie packed, so
/// what is valid is always at the front.
/// </summary>
internal sealed class StateBuffer
{
    private readonly TensorSignature _past;
    private readonly TensorSignature _present;
    private readonly int[] _shape;
    private readonly int _axis;
    private PinnedBuffer[] _buffers = [];

    /// <summary>A state whose shape is that of the loaded model: pruning may have changed it since the class was generated.</summary>
    public StateBuffer(ModelEngine engine, StateNames names)
    {
        _past = engine.Inputs[Array.IndexOf(engine.InputNames, names.Past)];
        _present = engine.Outputs[Array.IndexOf(engine.OutputNames, names.Present)];
        _axis = names.Axis;
        _shape = [.. engine.OwnedSession.InputMetadata[names.Past].Dimensions];
        for (int i = 0; i < _shape.Length; i++)
        {
            if (_shape[i] >= 0 || i == _axis)
                continue;
            if (i > 0)
                throw new ModelException(ModelErrorKind.Load, names.Past, $"State '{names.Past}' of model '{engine.Name}' leaves axis {i} open, which follows neither from the batch nor from the tokens.");
            _shape[i] = 1;
        }
    }

    /// <summary>Whether it has the same size whatever the number of tokens; then no token can be taken back.</summary>
    public bool IsFixed => _axis < 0;

    /// <summary>Makes room for so many tokens and keeps what is there.</summary>
    public void Reserve(int tokens)
    {
        int bytes = ModelShapes.Bytes(_past, Shape(tokens));
        PinnedBuffer[] more = [new(bytes), new(bytes)];
        for (int i = 0; i < _buffers.Length; i++)
            _buffers[i].Bytes(Math.Min(_buffers[i].Length, bytes)).CopyTo(more[i].Bytes(Math.Min(_buffers[i].Length, bytes)));
        _buffers = more;
    }

    /// <summary>Binds the past to one buffer and the present to the other.</summary>
    public void Bind(OrtIoBinding binding, int side, int past, int present)
    {
        using OrtValue input = _buffers[side].Tensor(_past, Shape(past));
        binding.BindInput(_past.Name, input);
        using OrtValue output = _buffers[1 - side].Tensor(_present, Shape(present));
        binding.BindOutput(_present.Name, output);
    }

    /// <summary>Keeps the first tokens.</summary>
    public void Truncate(int side, int from, int to)
    {
        if (_axis < 0)
        {
            _buffers[side].Bytes(_buffers[side].Length).Clear();
            return;
        }
        int outer = 1, inner = _past.ElementSize;
        for (int i = 0; i < _axis; i++)
            outer *= _shape[i];
        for (int i = _axis + 1; i < _shape.Length; i++)
            inner *= _shape[i];
        Span<byte> bytes = _buffers[side].Bytes(_buffers[side].Length);
        for (int i = 1; i < outer; i++)
            bytes.Slice(i * from * inner, to * inner).CopyTo(bytes[(i * to * inner)..]);
    }

    /// <summary>Takes over the past of another session's state of the same room.</summary>
    public void CopyFrom(StateBuffer other, int side) =>
        other._buffers[side].Bytes(other._buffers[side].Length).CopyTo(_buffers[side].Bytes(_buffers[side].Length));

    private int[] Shape(int tokens)
    {
        int[] shape = [.. _shape];
        if (_axis >= 0)
            shape[_axis] = tokens;
        return shape;
    }
}
