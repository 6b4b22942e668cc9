using System.Runtime.InteropServices;
using PruneTasks.Onnx;

namespace PruneTasks.Benchmarks.Large;

/// <summary>Measures of a text encoder.</summary>
/// <param name="Name">For the table, and the file.</param>
/// <param name="Vocabulary">Rows of the table of words.</param>
/// <param name="Width">Features of a token; the feed-forward layers have four times as many.</param>
/// <param name="Blocks">Blocks.</param>
/// <param name="Heads">Heads; <paramref name="Width"/> is a multiple.</param>
internal sealed record EncoderShape(string Name, int Vocabulary, int Width, int Blocks, int Heads);

/// <summary>
/// Writes a post-norm text encoder with seeded random weights as common exporters do (opset 17): a large table of words, separate projections for queries, keys and
/// values, GELU by Erf, a classifier on the first token. Weights go to the disk as they are drawn, so that it takes little memory at any size.
/// </summary>
internal sealed class GeneratedEncoder
{
    private const int Positions = 512;
    private const int Classes = 8;
    private const int Chunk = 1 << 18;

    private readonly TensorStore _store;
    private readonly Graph _graph;
    private readonly EncoderShape _shape;
    private ulong _state = 0x9E3779B97F4A7C15;

    private GeneratedEncoder(EncoderShape shape, TensorStore store) => (_shape, _store, _graph) = (shape, store, new Graph("encoder", store));

    /// <summary>Writes the model and, beside it, its weights: input <c>input_ids</c> [batch, tokens], output <c>logits</c> [batch, 8].</summary>
    /// <param name="shape">Its measures.</param>
    /// <param name="path">The ONNX file.</param>
    public static void Write(EncoderShape shape, string path)
    {
        using TensorStore store = new(path + ".scratch");
        OnnxWriter.SaveInTwo(new GeneratedEncoder(shape, store).Model(), path, ".data");
    }

    private OnnxModel Model()
    {
        Axis batch = new(null, "batch"), tokens = new(null, "tokens");
        Value ids = _graph.AddInput("input_ids", ElementType.Int64, [batch, tokens]);
        Value words = Op("Gather", [Weight("words", 1, _shape.Vocabulary, _shape.Width), ids], ("axis", 0L));
        Value length = Op("Gather", [Op("Shape", [ids]), Whole(1)], ("axis", 0L));
        Value places = Op("Slice", [Weight("positions", 4, Positions, _shape.Width), Ints(0), Op("Unsqueeze", [length, Ints(0)]), Ints(0)]);
        Value x = Norm(Add(words, places));
        for (int i = 0; i < _shape.Blocks; i++)
        {
            x = Norm(Add(x, Attention(x)));
            x = Norm(Add(x, FeedForward(x)));
        }
        Value first = Op("Gather", [x, Whole(0)], ("axis", 1L));
        _graph.AddOutput(Named(Linear(Op("Tanh", [Linear(first, _shape.Width, _shape.Width)]), _shape.Width, Classes)), ElementType.Float32, [batch, new Axis(Classes, null)]);
        return OnnxModel.Create(_graph, 17, 8, "benchmark");
    }

    private Value Attention(Value x)
    {
        Value Heads(long[] order) => Op("Transpose", [Op("Reshape", [Linear(x, _shape.Width, _shape.Width), Ints(0, 0, _shape.Heads, _shape.Width / _shape.Heads)])], ("perm", order));
        Value queries = Heads([0, 2, 1, 3]), keys = Heads([0, 2, 3, 1]), values = Heads([0, 2, 1, 3]);
        Value scores = Op("Div", [Op("MatMul", [queries, keys]), Scalar(MathF.Sqrt((float)_shape.Width / _shape.Heads))]);
        Value context = Op("Transpose", [Op("MatMul", [Op("Softmax", [scores], ("axis", -1L)), values])], ("perm", new long[] { 0, 2, 1, 3 }));
        return Linear(Op("Reshape", [context, Ints(0, 0, _shape.Width)]), _shape.Width, _shape.Width);
    }

    private Value FeedForward(Value x)
    {
        Value hidden = Linear(x, _shape.Width, 4 * _shape.Width);
        Value gelu = Op("Mul", [Op("Mul", [hidden, Op("Add", [Op("Erf", [Op("Div", [hidden, Scalar(MathF.Sqrt(2))])]), Scalar(1)])]), Scalar(0.5f)]);
        return Linear(gelu, 4 * _shape.Width, _shape.Width);
    }

    private Value Norm(Value x) => Op(
        "LayerNormalization", [x, _graph.AddInitializer("scale", TensorData.Of([_shape.Width], [.. Enumerable.Repeat(1f, _shape.Width)])), Weight("shift", 100, _shape.Width)],
        ("axis", -1L), ("epsilon", 1e-5f));

    private Value Linear(Value x, int from, int to) => Add(Op("MatMul", [x, Weight("weight", from, from, to)]), Weight("bias", 100, to));

    private Value Named(Value value) => _graph.AddNode("Identity", [value], "logits").Outputs[0];

    private Value Add(Value a, Value b) => Op("Add", [a, b]);

    private Value Scalar(float value) => _graph.AddInitializer("c", TensorData.Of([], value));

    private Value Whole(long value) => _graph.AddInitializer("i", TensorData.Of([], value));

    private Value Ints(params long[] values) => _graph.AddInitializer("ints", TensorData.Vector(values));

    // Spread so that activations keep their size from layer to layer.
    private Value Weight(string name, int fan, params int[] shape)
    {
        long count = shape.Aggregate(1L, (a, b) => a * b);
        float scale = 1.7f / MathF.Sqrt(fan);
        return _graph.AddInitializer(name, _store.Write(ElementType.Float32, [.. shape.Select(s => (long)s)], stream =>
        {
            var values = new float[Chunk];
            for (long done = 0; done < count; done += Chunk)
            {
                Span<float> part = values.AsSpan(0, (int)Math.Min(Chunk, count - done));
                for (int i = 0; i < part.Length; i++) part[i] = Draw() * scale;
                stream.Write(MemoryMarshal.AsBytes(part));
            }
        }));
    }

    // xorshift64 (Marsaglia, "Xorshift RNGs", 2003), as a number from -1 to 1: half a billion of them are drawn.
    private float Draw()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return ((_state >> 40) * (2f / (1 << 24))) - 1;
    }

    private Value Op(string op, Value[] inputs, params (string Name, AttributeData Value)[] attributes) =>
        _graph.AddNode(op, inputs, op.ToLowerInvariant(), attributes: attributes.ToDictionary(a => a.Name, a => a.Value)).Outputs[0];
}
