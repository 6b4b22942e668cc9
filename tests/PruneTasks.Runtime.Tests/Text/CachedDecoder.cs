using PruneTasks.Onnx;

namespace PruneTasks.Runtime.Tests.Text;

/// <summary>
/// A small decoder of two layers in two forms with the same weights: one that takes all tokens each time, and one that takes the new tokens
/// with the keys and values of those before. No name tells which input belongs to which output.
/// </summary>
internal sealed class CachedDecoder
{
    public const int Vocabulary = 23, Width = 16, Heads = 2, Head = Width / Heads, Layers = 2, Longest = 64;

    private readonly Graph _graph = new("decoder");
    private readonly Random _random = new(5);
    private readonly bool _cached;
    private readonly bool _mask;
    private int _names;

    private CachedDecoder(bool cached, bool mask) => (_cached, _mask) = (cached, mask);

    /// <summary>The file. The cached form has inputs for tokens and places, optionally a mask, and two states per layer.</summary>
    public static byte[] Build(bool cached, bool mask = false)
    {
        CachedDecoder decoder = new(cached, mask);
        decoder.Build();
        return OnnxWriter.ToBytes(OnnxModel.Create(decoder._graph, 17, 8, "test"));
    }

    private void Build()
    {
        Axis batch = new(null, "batch"), tokens = new(null, "tokens"), before = new(null, "before"), all = new(null, "all"), heads = new(Heads, null), head = new(Head, null);
        Value ids = _graph.AddInput("input_ids", ElementType.Int64, [batch, tokens]);
        Value positions = _cached ? _graph.AddInput("position_ids", ElementType.Int64, [batch, tokens]) : Range(Length(ids, 1));
        Value? mask = _mask ? _graph.AddInput("attention_mask", ElementType.Int64, [batch, all]) : null;
        // Names in an order that says nothing: the second layer's values come first.
        Value[] pasts = _cached ? [.. Enumerable.Range(0, 2 * Layers).Select(i => _graph.AddInput($"s{(i * 3) % 4}", ElementType.Float32, [batch, heads, before, head]))] : [];
        Value x = Op("Add", Op("Gather", Weight(Vocabulary, Width), ids), Op("Gather", Weight(Longest, Width), positions));
        List<Value> presents = [];
        for (int layer = 0; layer < Layers; layer++)
        {
            Value key = Split(Op("MatMul", x, Weight(Width, Width))), value = Split(Op("MatMul", x, Weight(Width, Width))), query = Split(Op("MatMul", x, Weight(Width, Width)));
            if (_cached)
            {
                key = Op("Concat", [pasts[2 * layer], key], ("axis", 2L));
                value = Op("Concat", [pasts[(2 * layer) + 1], value], ("axis", 2L));
                presents.AddRange([key, value]);
            }
            Value scores = Op("Mul", Op("MatMul", query, Op("Transpose", [key], ("perm", new long[] { 0, 1, 3, 2 }))), Scalar(1 / MathF.Sqrt(Head)));
            // A token sees those whose place is no later.
            Value places = Range(Length(key, 2)), own = Op("Unsqueeze", positions, Vector(-1));
            Value seen = Op("Where", Op("LessOrEqual", places, _cached ? Op("Unsqueeze", own, Vector(1)) : own), Scalar(0f), Scalar(-1e4f));
            scores = Op("Add", scores, seen);
            if (mask is not null)
                scores = Op("Add", scores, Op("Unsqueeze", Op("Mul", Op("Sub", Scalar(1f), Op("Cast", [mask], ("to", 1L))), Scalar(-1e4f)), Vector(1, 2)));
            Value mixed = Op("Transpose", [Op("MatMul", Op("Softmax", [scores], ("axis", -1L)), value)], ("perm", new long[] { 0, 2, 1, 3 }));
            x = Op("Add", x, Op("MatMul", Op("Reshape", mixed, Vector(0, 0, Width)), Weight(Width, Width)));
            x = Op("Add", x, Op("MatMul", Op("Tanh", Op("MatMul", x, Weight(Width, 2 * Width))), Weight(2 * Width, Width)));
        }
        Value logits = Op("MatMul", x, Weight(Width, Vocabulary));
        _graph.AddOutput(logits, ElementType.Float32, [batch, tokens, new Axis(Vocabulary, null)]);
        foreach (int i in Enumerable.Range(0, presents.Count).Reverse())
            _graph.AddOutput(presents[i], ElementType.Float32, [batch, heads, all, head]);
    }

    private Value Split(Value x) => Op("Transpose", [Op("Reshape", x, Vector(0, 0, Heads, Head))], ("perm", new long[] { 0, 2, 1, 3 }));

    private Value Length(Value x, long axis) => Op("Squeeze", Op("Gather", [Op("Shape", x), Vector(axis)], ("axis", 0L)), Vector(0));

    private Value Range(Value length) => Op("Range", Scalar(0L), length, Scalar(1L));

    private Value Op(string type, params Value[] inputs) => Op(type, inputs, []);

    private Value Op(string type, Value[] inputs, params (string Name, AttributeData Value)[] attributes) =>
        _graph.AddNode(type, inputs, $"v{_names++}", attributes: attributes.ToDictionary(pair => pair.Name, pair => pair.Value)).Outputs[0];

    private Value Weight(int rows, int columns) => _graph.AddInitializer($"v{_names++}",
        TensorData.Of([rows, columns], Enumerable.Range(0, rows * columns).Select(_ => (float)(_random.NextDouble() - 0.5)).ToArray()));

    private Value Scalar(float value) => _graph.AddInitializer($"v{_names++}", TensorData.Of([], value));

    private Value Scalar(long value) => _graph.AddInitializer($"v{_names++}", TensorData.Of([], value));

    private Value Vector(params long[] values) => _graph.AddInitializer($"v{_names++}", TensorData.Vector(values));
}
