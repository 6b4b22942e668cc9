using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Rewriting.Channels;

/// <summary>Writes small convolutional networks with seeded random weights.</summary>
internal sealed class ConvolutionalGraph(long opset = 13, int seed = 11)
{
    private readonly Random _random = new(seed);

    public Graph Graph { get; } = new("convolutional");

    public long Opset { get; } = opset;

    public Value Image(int channels = 3, int size = 12, bool dynamicBatch = true) =>
        Graph.AddInput("x", ElementType.Float32, [dynamicBatch ? new Axis(null, "n") : new Axis(1, null), new Axis(channels, null), new Axis(size, null), new Axis(size, null)]);

    /// <summary>The finished model, as a file that was read.</summary>
    public OnnxModel Finish(params Value[] outputs)
    {
        foreach (Value output in outputs) Graph.AddOutput(output, ElementType.Float32, null);
        return OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(Graph, Opset, Opset < 13 ? 6 : 8, "tests")));
    }

    public Value Conv(Value x, int from, int to, int kernel = 3, int stride = 1, int group = 1, bool bias = true) => Node(
        "Conv", bias ? [x, Weight(to, from / group, kernel, kernel), Weight(to)] : [x, Weight(to, from / group, kernel, kernel)],
        ("pads", Pads(kernel / 2)), ("strides", (long[])[stride, stride]), ("group", (long)group));

    public Value ConvTranspose(Value x, int from, int to, int group = 1) => Node(
        "ConvTranspose", [x, Weight(from, to / group, 2, 2), Weight(to)], ("strides", (long[])[2, 2]), ("group", (long)group));

    public Value Normalize(Value x, int channels) => Node("BatchNormalization", [x, Weight(channels), Weight(channels), Weight(channels), Positive(channels)]);

    public Value ConvNormRelu(Value x, int from, int to, int kernel = 3, int stride = 1, int group = 1) => Relu(Normalize(Conv(x, from, to, kernel, stride, group, bias: false), to));

    public Value Relu(Value x) => Node("Relu", [x]);

    public Value Gemm(Value x, int from, int to) => Node("Gemm", [x, Weight(to, from), Weight(to)], ("transB", 1L));

    public Value Linear(Value x, int from, int to) => Node("Add", [Node("MatMul", [x, Weight(from, to)]), Weight(to)]);

    /// <summary>Global pooling, flattening and a linear layer.</summary>
    public Value Head(Value x, int channels, int classes = 5) => Gemm(Node("Flatten", [Node("GlobalAveragePool", [x])]), channels, classes);

    public Value Concat(params Value[] parts) => Node("Concat", parts, ("axis", 1L));

    public Value Reshape(Value x, params long[] target) => Node("Reshape", [x, Ints(target)]);

    public Value Transpose(Value x, params long[] perm) => Node("Transpose", [x], ("perm", perm));

    public Value Size(Value x, long axis) => Node("Gather", [Node("Shape", [x]), Graph.AddInitializer("i", TensorData.Of([], axis))], ("axis", 0L));

    public Value Unsqueeze(Value x) => Opset >= 13 ? Node("Unsqueeze", [x, Ints(0)]) : Node("Unsqueeze", [x], ("axes", (long[])[0]));

    public Value Ints(params long[] values) => Graph.AddInitializer("ints", TensorData.Vector(values));

    public Value Scalar(long value) => Graph.AddInitializer("i", TensorData.Of([], value));

    public Value Weight(params int[] shape)
    {
        int fan = shape.Length < 2 ? 4 : shape.Skip(1).Aggregate((a, b) => a * b);
        return Constant(shape, _ => (float)(((_random.NextDouble() * 2) - 1) * 1.7 / Math.Sqrt(fan)));
    }

    public Value Positive(params int[] shape) => Constant(shape, _ => (float)(_random.NextDouble() + 0.5));

    public Value Constant(int[] shape, Func<int, float> entry) =>
        Graph.AddInitializer("w", TensorData.Of([.. shape.Select(s => (long)s)], [.. Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(entry)]));

    public Value Node(string op, Value[] inputs, params (string Name, AttributeData Value)[] attributes) => Nodes(op, inputs, 1, attributes)[0];

    public IReadOnlyList<Value> Nodes(string op, Value?[] inputs, int outputs, params (string Name, AttributeData Value)[] attributes) =>
        Graph.AddNode(op, inputs, op.ToLowerInvariant(), outputs: outputs, attributes: attributes.ToDictionary(a => a.Name, a => a.Value)).Outputs;

    private static long[] Pads(int pad) => [pad, pad, pad, pad];
}
