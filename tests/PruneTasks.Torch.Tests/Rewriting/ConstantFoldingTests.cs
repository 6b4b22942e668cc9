using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Rewriting;

public sealed class ConstantFoldingTests
{
    private static readonly Dictionary<string, TensorData> Inputs = new() { ["x"] = TensorData.Of([2, 3], 1, -2, 3, -4, 5, -6f) };

    [Fact]
    public void What_depends_on_constants_alone_is_stored()
    {
        (Graph graph, Value x) = Start();
        Value scaled = graph.AddNode("Mul", [graph.AddInitializer("w", TensorData.Of([3, 2], 1f, 2, 3, 4, 5, 6)), graph.AddInitializer("s", TensorData.Of([], 0.25f))], "scaled").Outputs[0];
        Value bias = graph.AddNode("Sqrt", [graph.AddInitializer("b", TensorData.Of([2], 2f, 9f))], "bias").Outputs[0];
        OnnxModel model = Finish(graph, graph.AddNode("Add", [graph.AddNode("MatMul", [x, scaled], "product").Outputs[0], bias], "sum").Outputs[0]);
        float[] dense = OrtRun.First(model, Inputs);
        Assert.Equal(2, ConstantFolding.Apply(model, OrtRun.Constants));
        Assert.Equal(["MatMul", "Add"], model.Graph.Nodes.Select(n => n.OpType));
        Assert.Equal(["bias_folded", "scaled_folded"], model.Graph.Initializers.Select(v => v.Name).Order());
        Assert.Equal(dense, OrtRun.First(model, Inputs));
        Assert.Equal(0, ConstantFolding.Apply(model, OrtRun.Constants));
    }

    [Fact]
    public void A_result_larger_than_its_constants_is_not_stored()
    {
        (Graph graph, Value x) = Start();
        byte[] ones = new byte[3 * 400];
        Value small = graph.AddInitializer("w", new TensorData(ElementType.Int8, [3, 400], ones));
        Value wide = graph.AddNode("DequantizeLinear", [small, graph.AddInitializer("s", TensorData.Of([], 0.5f)), graph.AddInitializer("z", new TensorData(ElementType.Int8, [], new byte[1]))], "wide").Outputs[0];
        OnnxModel model = Finish(graph, graph.AddNode("MatMul", [x, wide], "product").Outputs[0]);
        byte[] before = OnnxWriter.ToBytes(model);
        Assert.Equal(0, ConstantFolding.Apply(model, OrtRun.Constants));
        Assert.Equal(before, OnnxWriter.ToBytes(model));
    }

    [Fact]
    public void Random_numbers_are_no_constants()
    {
        (Graph graph, Value x) = Start();
        Value noise = graph.AddNode("RandomNormalLike", [graph.AddInitializer("w", TensorData.Of([3], 1f, 2, 3))], "noise").Outputs[0];
        OnnxModel model = Finish(graph, graph.AddNode("Add", [x, noise], "sum").Outputs[0]);
        Assert.Equal(0, ConstantFolding.Apply(model, _ => throw new InvalidOperationException("nothing is to be computed")));
    }

    private static (Graph, Value) Start()
    {
        Graph graph = new("constants");
        return (graph, graph.AddInput("x", ElementType.Float32, [new(2, null), new(3, null)]));
    }

    private static OnnxModel Finish(Graph graph, Value y)
    {
        graph.AddOutput(y, ElementType.Float32, null);
        return OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests")));
    }
}
