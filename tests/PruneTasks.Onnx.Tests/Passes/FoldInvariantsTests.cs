namespace PruneTasks.Onnx.Tests.Passes;

public sealed class FoldInvariantsTests
{
    [Fact]
    public void A_transposed_weight_becomes_a_weight_of_a_linear_layer()
    {
        var graph = new Graph("g");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(200, null)]);
        Value w = graph.AddInitializer("w", TensorData.Of([100, 200], [.. Enumerable.Range(0, 20000).Select(i => (float)i)]));
        Node transposed = graph.AddNode("Transpose", [w], "wt");
        Node product = graph.AddNode("MatMul", [x, transposed.Outputs[0]], "y");
        graph.AddOutput(product.Outputs[0], ElementType.Float32, null);
        Assert.Null(LinearView.TryGet(product));
        Assert.Equal(1, FoldInvariants.Apply(OnnxModel.Create(graph, 17, 8, "tests")));
        LinearView layer = LinearView.TryGet(product)!;
        Assert.Equal((200, 100), (layer.InFeatures, layer.OutFeatures));
        float[] folded = layer.Weight.Constant!.ToFloats();
        for (int i = 0; i < 200; i++) Assert.Equal(i, folded[i * 100]);
        Assert.Equal([product], graph.Nodes);
        Assert.Single(graph.Initializers);
    }

    [Fact]
    public void A_scale_computed_from_a_fixed_axis_is_folded_and_one_from_an_open_axis_is_not()
    {
        var graph = new Graph("g");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "n"), new(16, null)]);
        Value shape = graph.AddNode("Shape", [x], "shape").Outputs[0];
        Value Scale(long axis, string name)
        {
            Value size = graph.AddNode("Gather", [shape, graph.AddInitializer("i", TensorData.Of([], axis))], name).Outputs[0];
            Value real = graph.AddNode("Cast", [size], name, attributes: new Dictionary<string, AttributeData> { ["to"] = 1L }).Outputs[0];
            return graph.AddNode("Sqrt", [real], name).Outputs[0];
        }
        Node byFixed = graph.AddNode("Div", [x, Scale(1, "fixed")], "a");
        Node byOpen = graph.AddNode("Div", [byFixed.Outputs[0], Scale(0, "open")], "b");
        graph.AddOutput(byOpen.Outputs[0], ElementType.Float32, null);
        FoldInvariants.Apply(OnnxModel.Create(graph, 17, 8, "tests"));
        Assert.Equal([4f], byFixed.Inputs[1]!.Constant!.ToFloats());
        Assert.Null(byOpen.Inputs[1]!.Constant);
        Assert.Equal(["Cast", "Div", "Div", "Gather", "Shape", "Sqrt"], graph.Nodes.Select(n => n.OpType).Order());
    }

    public static TheoryData<string> Models() => Samples.All();

    [Theory, MemberData(nameof(Models))]
    public void Folded_models_have_the_same_shapes_and_fewer_nodes(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        int nodes = model.Graph.Nodes.Count;
        ShapeBinding binding = ShapeBinding.Default(3, relative.Contains("vad", StringComparison.Ordinal) ? 512 : 11);
        InferredShapes before = ShapeInference.Run(model, binding);
        int folded = FoldInvariants.Apply(model);
        OnnxModel again = OnnxReader.Load(OnnxWriter.ToBytes(model));
        InferredShapes after = ShapeInference.Run(again, binding);
        Assert.True(folded == 0 || again.Graph.Nodes.Count < nodes);
        foreach (Node node in again.Graph.Nodes)
        {
            foreach (Value output in node.Outputs)
                Assert.Equal(before.ShapeOf(model.Graph.Values[output.Name]), after.ShapeOf(output));
        }
        Assert.Equal(0, FoldInvariants.Apply(again));
    }
}
