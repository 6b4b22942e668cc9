using PruneTasks.Onnx;

namespace PruneTasks.Benchmarks.Scale;

/// <summary>Measures of a vision transformer.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Side">Height and width of the image.</param>
/// <param name="Patch">Height and width of a patch.</param>
/// <param name="Width">Features of a token.</param>
/// <param name="Blocks">Blocks.</param>
/// <param name="Heads">Heads; <paramref name="Width"/> is a multiple.</param>
internal sealed record VitShape(string Name, int Side, int Patch, int Width, int Blocks, int Heads)
{
    /// <summary>Patches and the class token.</summary>
    public int Tokens => (Side / Patch * (Side / Patch)) + 1;
}

/// <summary>
/// Writes a pre-norm vision transformer with seeded random weights as common exporters do (opset 17): patches by Conv, packed QKV, GELU by Erf,
/// class token, dynamic batch. It knows nothing, but it costs what a trained one of its shape costs.
/// </summary>
internal sealed class GeneratedVit
{
    private const int Classes = 1000;

    private readonly Graph _graph = new("vit");
    private readonly Random _random = new(7);
    private readonly VitShape _shape;

    private GeneratedVit(VitShape shape) => _shape = shape;

    /// <summary>The model as a file: input [batch, 3, side, side], output [batch, 1000].</summary>
    public static byte[] Create(VitShape shape) => OnnxWriter.ToBytes(new GeneratedVit(shape).Model());

    private OnnxModel Model()
    {
        (int width, int tokens, int side) = (_shape.Width, _shape.Tokens, _shape.Side);
        Axis batch = new(null, "batch");
        Value image = _graph.AddInput("input", ElementType.Float32, [batch, new Axis(3, null), new Axis(side, null), new Axis(side, null)]);
        Value patches = Op(
            "Conv", [image, Weight(3 * _shape.Patch * _shape.Patch, width, 3, _shape.Patch, _shape.Patch), Weight(100, width)],
            ("kernel_shape", new long[] { _shape.Patch, _shape.Patch }), ("strides", new long[] { _shape.Patch, _shape.Patch }));
        Value x = Op("Transpose", [Op("Reshape", [patches, Ints(0, width, -1)])], ("perm", new long[] { 0, 2, 1 }));
        Value count = Op("Gather", [Op("Shape", [image]), Ints(0)], ("axis", 0L));
        Value token = Op("Expand", [Weight(1, 1, 1, width), Op("Concat", [count, Ints(1, width)], ("axis", 0L))]);
        x = Add(Op("Concat", [token, x], ("axis", 1L)), Weight(4, 1, tokens, width));
        for (int i = 0; i < _shape.Blocks; i++)
        {
            x = Add(x, Attention(Norm(x)));
            x = Add(x, FeedForward(Norm(x)));
        }
        Value head = Op("Gather", [Norm(x), _graph.AddInitializer("i", TensorData.Of([], 0L))], ("axis", 1L));
        Value logits = Linear(head, width, Classes);
        _graph.AddOutput(logits, ElementType.Float32, [batch, new Axis(Classes, null)]);
        return OnnxModel.Create(_graph, 17, 8, "benchmark");
    }

    private Value Attention(Value x)
    {
        (int width, int heads, int tokens) = (_shape.Width, _shape.Heads, _shape.Tokens);
        Value packed = Op("Reshape", [Linear(x, width, 3 * width), Ints(0, tokens, 3, heads, width / heads)]);
        packed = Op("Transpose", [packed], ("perm", new long[] { 2, 0, 3, 1, 4 }));
        Value[] parts = [.. Enumerable.Range(0, 3).Select(i => Op("Gather", [packed, _graph.AddInitializer("i", TensorData.Of([], (long)i))], ("axis", 0L)))];
        Value keys = Op("Transpose", [parts[1]], ("perm", new long[] { 0, 1, 3, 2 }));
        Value scores = Op("Mul", [Op("MatMul", [parts[0], keys]), Scalar(MathF.Sqrt((float)heads / width))]);
        Value context = Op("MatMul", [Op("Softmax", [scores], ("axis", -1L)), parts[2]]);
        Value merged = Op("Reshape", [Op("Transpose", [context], ("perm", new long[] { 0, 2, 1, 3 })), Ints(0, tokens, width)]);
        return Linear(merged, width, width);
    }

    private Value FeedForward(Value x)
    {
        Value hidden = Linear(x, _shape.Width, 4 * _shape.Width);
        Value gelu = Op("Mul", [Op("Mul", [hidden, Op("Add", [Op("Erf", [Op("Div", [hidden, Scalar(MathF.Sqrt(2))])]), Scalar(1)])]), Scalar(0.5f)]);
        return Linear(gelu, 4 * _shape.Width, _shape.Width);
    }

    private Value Norm(Value x) => Op(
        "LayerNormalization", [x, _graph.AddInitializer("scale", TensorData.Of([_shape.Width], [.. Enumerable.Repeat(1f, _shape.Width)])), Weight(100, _shape.Width)],
        ("axis", -1L), ("epsilon", 1e-6f));

    private Value Linear(Value x, int from, int to) => Add(Op("MatMul", [x, Weight(from, from, to)]), Weight(100, to));

    private Value Add(Value a, Value b) => Op("Add", [a, b]);

    private Value Scalar(float value) => _graph.AddInitializer("c", TensorData.Of([], value));

    private Value Ints(params long[] values) => _graph.AddInitializer("ints", TensorData.Vector(values));

    // Spread so that activations keep their size from layer to layer.
    private Value Weight(int fan, params int[] shape)
    {
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        float scale = 1.7f / MathF.Sqrt(fan);
        for (int i = 0; i < values.Length; i++) values[i] = (float)((_random.NextDouble() * 2) - 1) * scale;
        return _graph.AddInitializer("w", TensorData.Of([.. shape.Select(s => (long)s)], values));
    }

    private Value Op(string op, Value[] inputs, params (string Name, AttributeData Value)[] attributes) =>
        _graph.AddNode(op, inputs, op.ToLowerInvariant(), attributes: attributes.ToDictionary(a => a.Name, a => a.Value)).Outputs[0];
}
