using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;
using PruneTasks.Worker.Data;

namespace PruneTasks.Torch.Tests.Rewriting;

public sealed class BatchNormFoldingTests
{
    private readonly Random _random = new(5);

    [Theory]
    [InlineData(1, true, false)]
    [InlineData(2, false, false)]
    [InlineData(1, false, true)]
    [InlineData(2, true, true)]
    public void Normalization_behind_a_convolution_becomes_part_of_it(int groups, bool bias, bool transposed)
    {
        Graph graph = new("conv");
        Value x = graph.AddInput("x", ElementType.Float32, [new(2, null), new(4, null), new(6, null), new(6, null)]);
        Value weight = Constant(graph, transposed ? [4, 6 / groups, 3, 3] : [6, 4 / groups, 3, 3]);
        Value y = graph.AddNode(
            transposed ? "ConvTranspose" : "Conv", bias ? [x, weight, Constant(graph, [6])] : [x, weight], "y",
            attributes: new Dictionary<string, AttributeData> { ["group"] = (long)groups, ["pads"] = (long[])[1, 1, 1, 1] }).Outputs[0];
        Finish(graph, graph.AddNode("Relu", [Normalize(graph, y, 6)], "z").Outputs[0]);
        Check(graph, folded: 1);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Normalization_in_front_of_a_convolution_becomes_part_of_it_without_padding_only(int padding, int folded)
    {
        Graph graph = new("before");
        Value x = graph.AddInput("x", ElementType.Float32, [new(2, null), new(4, null), new(6, null), new(6, null)]);
        Value y = graph.AddNode(
            "Conv", [Normalize(graph, x, 4), Constant(graph, [6, 2, 3, 3])], "y",
            attributes: new Dictionary<string, AttributeData> { ["group"] = 2L, ["pads"] = (long[])[padding, padding, padding, padding] }).Outputs[0];
        Finish(graph, graph.AddNode("Relu", [y], "z").Outputs[0]);
        Check(graph, folded);
    }

    [Fact]
    public void Normalization_between_transposes_goes_into_all_layers_that_read_it()
    {
        Graph graph = new("tokens");
        Value x = graph.AddInput("x", ElementType.Float32, [new(2, null), new(5, null), new(4, null)]);
        Dictionary<string, AttributeData> swap = new() { ["perm"] = (long[])[0, 2, 1] };
        Value n = Normalize(graph, graph.AddNode("Transpose", [graph.AddNode("Tanh", [x], "t").Outputs[0]], "in", attributes: swap).Outputs[0], 4);
        Value back = graph.AddNode("Transpose", [n], "out", attributes: swap).Outputs[0];
        Value a = graph.AddNode("MatMul", [back, Constant(graph, [4, 3])], "a").Outputs[0];
        Value b = graph.AddNode("Add", [graph.AddNode("MatMul", [back, Constant(graph, [4, 3])], "b").Outputs[0], Constant(graph, [3])], "c").Outputs[0];
        Finish(graph, graph.AddNode("Mul", [a, b], "z").Outputs[0]);
        Check(graph, folded: 1);
    }

    [Fact]
    public void Gemm_with_factors_takes_the_normalization_behind_it()
    {
        Graph graph = new("gemm");
        Value x = graph.AddInput("x", ElementType.Float32, [new(7, null), new(4, null)]);
        Value y = graph.AddNode(
            "Gemm", [x, Constant(graph, [3, 4]), Constant(graph, [1, 3])], "y",
            attributes: new Dictionary<string, AttributeData> { ["transB"] = 1L, ["alpha"] = 0.5f, ["beta"] = 2f }).Outputs[0];
        Finish(graph, graph.AddNode("Tanh", [Normalize(graph, y, 3)], "z").Outputs[0]);
        Check(graph, folded: 1);
    }

    [Fact]
    public void What_something_else_reads_too_stays()
    {
        Graph graph = new("shared");
        Value x = graph.AddInput("x", ElementType.Float32, [new(7, null), new(4, null)]);
        Value weight = Constant(graph, [4, 4]);
        Value y = graph.AddNode("MatMul", [x, weight], "y").Outputs[0];
        Value again = graph.AddNode("MatMul", [Normalize(graph, y, 4), weight], "again").Outputs[0];
        Finish(graph, graph.AddNode("Add", [again, y], "z").Outputs[0]);
        Check(graph, folded: 0);
    }

    [Theory]
    [InlineData("vnn-vit-ibp_3_3_8/ibp_3_3_8")]
    [InlineData("ultraface-rfb320/version-RFB-320")]
    [InlineData("fastestdet/FastestDet")]
    public void Trained_model_computes_the_same_without_its_normalizations(string name)
    {
        string path = SharedFolder.Require(["models", .. (name + ".onnx").Split('/')]);
        using FileStream file = File.OpenRead(Path.ChangeExtension(path, ".ort1311_io.npz"));
        Dictionary<string, TensorData> inputs = NpzReader.Read(file).Where(a => a.Key.StartsWith("in__", StringComparison.Ordinal)).ToDictionary(a => a.Key[4..], a => a.Value);
        OnnxModel model = OnnxReader.Load(path);
        int before = Count(model);
        float[] dense = OrtRun.First(model, inputs);
        int folded = BatchNormFolding.Apply(model);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {before} normalizations, {folded} folded");
        Assert.Equal(before - folded, Count(model));
        if (before > 0) Assert.True(folded > 0);
        Assert.True(OrtRun.Difference(dense, OrtRun.First(model, inputs)) <= 1e-4);
    }

    private static int Count(OnnxModel model) => model.Graph.Nodes.Count(n => n.OpType == "BatchNormalization");

    private Value Constant(Graph graph, long[] shape, bool positive = false) => graph.AddInitializer(
        "w", TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)((_random.NextDouble() * 2) - (positive ? -0.5 : 1)))]));

    private Value Normalize(Graph graph, Value x, long channels) => graph.AddNode(
        "BatchNormalization", [x, Constant(graph, [channels]), Constant(graph, [channels]), Constant(graph, [channels]), Constant(graph, [channels], positive: true)], "n").Outputs[0];

    private static void Finish(Graph graph, Value y) => graph.AddOutput(y, ElementType.Float32, null);

    private void Check(Graph graph, int folded)
    {
        OnnxModel model = OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests")));
        Value x = model.Graph.Inputs[0];
        long[] shape = [.. x.DeclaredShape!.Select(a => a.Size!.Value)];
        Dictionary<string, TensorData> inputs = new()
        {
            ["x"] = TensorData.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)((_random.NextDouble() * 4) - 2))]),
        };
        float[] dense = OrtRun.First(model, inputs);
        byte[] before = OnnxWriter.ToBytes(model);
        Assert.Equal(folded, BatchNormFolding.Apply(model));
        Assert.Equal(1 - folded, Count(model));
        if (folded == 0) Assert.Equal(before, OnnxWriter.ToBytes(model));
        Assert.True(OrtRun.Difference(dense, OrtRun.First(model, inputs)) <= 1e-5);
    }
}
