using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Small random CNNs with their channel site, told by hand.</summary>
internal sealed class ChannelGraph
{
    private readonly Random _random = new(11);
    private readonly List<ChannelEnd> _producers = [], _consumers = [];
    private readonly List<ConstantAxis> _constants = [];

    public ChannelGraph(int channels = 3, int size = 8)
    {
        X = Graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(channels, null), new(size, null), new(size, null)]);
    }

    public Graph Graph { get; } = new("cnn");

    public Value X { get; }

    public OnnxModel Model() => OnnxModel.Create(Graph, 17, 8, "test");

    public ChannelSite Site(int units) => new("site", units, [], _producers[0].Node, [.. _producers], [.. _consumers], [.. _constants]);

    /// <summary>A convolution with a bias.</summary>
    public Value Conv(Value x, int from, int to, int kernel, long pad = 0, long stride = 1, long group = 1, string op = "Conv", long dilation = 1, bool bias = true, int axes = 2)
    {
        long[] window = [.. Enumerable.Repeat((long)kernel, axes)], both = op == "Conv" ? [to, from / group, .. window] : [from, to / group, .. window];
        return Graph.AddNode(op, bias ? [x, Constant(both), Constant([to])] : [x, Constant(both)], "c", attributes: new Dictionary<string, AttributeData>
        {
            ["pads"] = (long[])[.. Enumerable.Repeat(pad, 2 * axes)],
            ["strides"] = (long[])[.. Enumerable.Repeat(stride, axes)],
            ["dilations"] = (long[])[.. Enumerable.Repeat(dilation, axes)],
            ["group"] = group,
        }).Outputs[0];
    }

    public Value Node(string op, params Value[] inputs) => Graph.AddNode(op, inputs, op.ToLowerInvariant()).Outputs[0];

    public Value Linear(Value x, int from, int to) =>
        Graph.AddNode("Gemm", [x, Constant([to, from]), Constant([to])], "g", attributes: new Dictionary<string, AttributeData> { ["transB"] = 1L }).Outputs[0];

    public void Output(Value y) => Graph.AddOutput(y, ElementType.Float32, null);

    public void Makes(Value y, int units) => _producers.Add(new ChannelEnd(y.Producer!, 1, y.Producer!.OpType == "ConvTranspose" ? 1 : 0, [.. Enumerable.Range(0, units)]));

    public void Reads(Value y, int axis, params int[] unitOf) => _consumers.Add(new ChannelEnd(y.Producer!, 1, axis, unitOf));

    public Value Constant(long[] shape)
    {
        long count = shape.Aggregate(1L, (a, b) => a * b), fan = Math.Max(1, count / shape[0]);
        return Graph.AddInitializer("w", TensorData.Of(shape, [.. Enumerable.Range(0, (int)count).Select(_ => (float)(Normal() / Math.Sqrt(shape.Length == 1 ? 4 : fan)))]));
    }

    /// <summary>Smooth maps, so that channels are correlated as on real images.</summary>
    public static TensorData Inputs(int seed, int samples, int channels = 3, int size = 8, int axes = 2)
    {
        Random random = new(seed);
        long[] shape = [samples, channels, .. Enumerable.Repeat((long)size, axes)];
        int map = (int)Math.Pow(size, axes);
        var values = new float[samples * channels * map];
        for (int n = 0; n < samples * channels; n++)
        {
            (double a, double b, double c) = (random.NextDouble() * 2, random.NextDouble() * 2, random.NextDouble() * 6);
            for (int p = 0; p < map; p++) values[(n * map) + p] = (float)(Math.Sin((a * (p / size)) + (b * (p % size)) + c) + (0.3 * random.NextDouble()));
        }
        return TensorData.Of(shape, values);
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
