using PruneTasks.Onnx;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Tests.Cli;

namespace PruneTasks.Worker.Tests.Hostile;

/// <summary>Models whose numbers are not finite, or far too large: through the whole pipeline.</summary>
public sealed class StrangeNumbersTests : IDisposable
{
    private const int Features = 48, Hidden = 16, Classes = 3;

    private readonly CommandFixture _worker = new();

    public StrangeNumbersTests() => _worker.Folder.Write("m.prune.yaml", CommandFixture.Spec.Replace("macs: 0.5", "macs: 0.9", StringComparison.Ordinal));

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void A_place_whose_numbers_are_far_too_large_is_left_dense_and_the_others_are_pruned()
    {
        _worker.Folder.Write("model.onnx", TwoBranches(1e20f, 1e-20f));
        Assert.True(_worker.Prune(new PrunePipeline()) == 0, _worker.Output + _worker.Error);
        Assert.Contains("warning PRUNE0426: ffn 'out_1' is left dense: ", _worker.Output, StringComparison.Ordinal);
        Graph pruned = OnnxReader.Load(_worker.Folder.File("out/m.pruned.onnx")).Graph;
        Assert.Equal([Features, Hidden], pruned.Values["in_1_w"].Constant!.Shape);
        Assert.True(pruned.Values["in_0_w"].Constant!.Shape[1] < Hidden);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_model_whose_answers_are_not_finite_is_refused(float number)
    {
        _worker.Folder.Write("model.onnx", TwoBranches(number, 1));
        Assert.Equal(1, _worker.Prune(new PrunePipeline()));
        Assert.Contains("error PRUNE0106: the model cannot be computed: its output 'y' holds numbers on the calibration data that are not finite", _worker.Output, StringComparison.Ordinal);
    }

    /// <summary>An image to two layers of neurons side by side, whose results are added. The second has weights of another size.</summary>
    private static byte[] TwoBranches(float into, float outOf)
    {
        var random = new Random(3);
        var graph = new Graph("branches");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(3, null), new(4, null), new(4, null)]);
        Value flat = graph.AddNode("Flatten", [x], "flat").Outputs[0];
        Value y = graph.AddNode("Add", [Branch(0, 1, 1), Branch(1, into, outOf)], "y").Outputs[0];
        graph.AddOutput(y, ElementType.Float32, [new(null, "n"), new(Classes, null)]);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 17, 8, "tests"));

        Value Branch(int number, float first, float second) =>
            Layer(graph.AddNode("Relu", [Layer(flat, $"in_{number}", Features, Hidden, first)], $"relu_{number}").Outputs[0], $"out_{number}", Hidden, Classes, second);

        Value Layer(Value input, string name, int from, int to, float size) => graph.AddNode(
            "Gemm", [input, Weight($"{name}_w", size, from, to), Weight($"{name}_b", 0, to)], name).Outputs[0];

        Value Weight(string name, float size, params long[] shape) =>
            graph.AddInitializer(name, TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => size * (random.NextSingle() - 0.3f))]));
    }
}
