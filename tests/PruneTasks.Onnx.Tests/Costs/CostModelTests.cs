namespace PruneTasks.Onnx.Tests.Costs;

public sealed class CostModelTests
{
    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op13.onnx", 58.0)]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17.onnx", 58.0)]
    public void A_vision_transformer_costs_what_its_dimensions_say(string relative, double millions)
    {
        OnnxModel model = Samples.Load(relative);
        ModelCost cost = CostModel.OfOneSample(model);
        Assert.Empty(cost.Uncounted);
        Assert.Equal(millions, cost.Total.Macs / 1e6, 0.05);
        Assert.InRange(cost.Total.Parameters, 805_000, 815_000);
        Assert.Equal(4 * cost.Total.Parameters, cost.Total.Bytes);
        // 65 positions of 128, 6 blocks: widths from the weights alone, attention by hand.
        long tokens = 0, linear = 0;
        foreach (LinearView layer in model.Graph.Nodes.Select(LinearView.TryGet).OfType<LinearView>())
        {
            tokens = Math.Max(tokens, cost.ByNode[layer.Node].Macs / ((long)layer.InFeatures * layer.OutFeatures));
            linear += cost.ByNode[layer.Node].Macs;
        }
        Assert.Equal(65, tokens);
        Assert.InRange(linear, cost.Total.Macs / 2, cost.Total.Macs - 1);
    }

    public static TheoryData<string> Models() => Samples.All();

    [Theory, MemberData(nameof(Models))]
    public void Every_product_of_the_models_is_counted(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        ModelCost cost = CostModel.OfOneSample(model, other: 9);
        // What lies in the bodies of control flow is not counted, and that is said.
        Assert.Equal(model.Graph.Nodes.Where(n => n.OpType == "If"), cost.Uncounted);
        Assert.True(cost.Total.Macs > 0 || cost.Uncounted.Count > 0);
        Assert.Equal(cost.Total, cost.ByNode.Values.Aggregate(default(Cost), (a, b) => a + b));
    }

    [Fact]
    public void Products_are_counted_by_their_definition()
    {
        var graph = new Graph("g");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(4, null), new(6, null)]);
        Value w = graph.AddInitializer("w", TensorData.Of([6, 5], new float[30]));
        Value scale = graph.AddInitializer("s", TensorData.Of([], 2f));
        Node linear = graph.AddNode("MatMul", [x, w], "a");
        Node again = graph.AddNode("MatMul", [x, w], "b");
        Node scores = graph.AddNode("Einsum", [linear.Outputs[0], again.Outputs[0]], "c", attributes: new Dictionary<string, AttributeData> { ["equation"] = "bid,bjd->bij" });
        Node scaled = graph.AddNode("Mul", [scores.Outputs[0], scale], "d");
        Value image = graph.AddInput("image", ElementType.Float32, [new(null, "n"), new(4, null), new(8, null), new(8, null)]);
        Value kernel = graph.AddInitializer("k", TensorData.Of([6, 2, 3, 3], new float[108]));
        Node conv = graph.AddNode("Conv", [image, kernel], "e", attributes: new Dictionary<string, AttributeData> { ["group"] = 2L, ["strides"] = new long[] { 2, 2 } });
        ModelCost cost = CostModel.OfOneSample(OnnxModel.Create(graph, 17, 8, "tests"));
        Assert.Equal(new Cost(4 * 6 * 5, 30, 120), cost.ByNode[linear]);
        Assert.Equal(new Cost(4 * 6 * 5, 0, 0), cost.ByNode[again]);
        Assert.Equal(4 * 4 * 5, cost.ByNode[scores].Macs);
        Assert.False(cost.ByNode.ContainsKey(scaled));
        Assert.Equal(6 * 3 * 3 * (2 * 9), cost.ByNode[conv].Macs);
    }
}
