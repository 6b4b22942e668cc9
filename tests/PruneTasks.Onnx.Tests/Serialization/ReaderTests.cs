using System.Text;
using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx.Tests.Serialization;

public sealed class ReaderTests
{
    [Fact]
    public void Facts_of_the_file_are_read()
    {
        OnnxModel model = SmallModel.WithEverything();
        Graph graph = model.Graph;
        Assert.Equal((17, 8, "tests"), (model.Opset, model.IrVersion, model.ProducerName));
        Assert.Equal([new Axis(null, "batch"), new Axis(4, null)], graph.Inputs[0].DeclaredShape!);
        Assert.Equal([5L, 6, 7], graph.Values["typed"].Constant!.ToInt64s());
        Assert.Equal([2f], graph.Values["two"].Constant!.ToFloats());
        Assert.True(graph.Values["product"].IsCaptured);
        Assert.False(graph.Values["sum"].IsCaptured);
        Node softmax = graph.Values["y"].Producer!;
        Assert.Equal(-1, softmax.Int("axis", 9));
        Assert.Equal("kept", softmax.String("note"));
        Assert.Equal([1L, 2, 3], softmax.Ints("list")!);
        Assert.Equal([7L, 8], softmax.Attributes["tensor"].Tensor!.ToInt64s());
        Assert.True(graph.Values["chosen"].Producer!.Attributes["then_branch"].IsOpaque);
    }

    [Fact]
    public void Edited_nodes_keep_fields_and_attributes_that_still_hold()
    {
        OnnxModel model = SmallModel.WithEverything();
        Graph graph = model.Graph;
        Node choice = graph.Values["chosen"].Producer!;
        graph.SetInput(choice, 0, graph.AddInitializer("always", new TensorData(ElementType.Bool, [], new byte[] { 1 })));
        Node softmax = graph.Values["y"].Producer!;
        graph.SetAttributes(softmax, new Dictionary<string, AttributeData>(softmax.Attributes.Where(a => a.Key != "note")) { ["axis"] = 1L, ["new"] = 3L });
        OnnxModel again = OnnxReader.Load(OnnxWriter.ToBytes(model));

        Node choiceAgain = again.Graph.Values["chosen"].Producer!;
        Assert.Equal("always", choiceAgain.Inputs[0]!.Name);
        Assert.Contains(choiceAgain.Wire!.Message.Fields, f => f.Number == 500);
        Assert.True(again.Graph.Values["product"].IsCaptured);
        Node softmaxAgain = again.Graph.Values["y"].Producer!;
        Assert.Equal((1, 3), (softmaxAgain.Int("axis", 9), softmaxAgain.Int("new", 9)));
        Assert.False(softmaxAgain.Attributes.ContainsKey("note"));
        Assert.Equal(0.5f, softmaxAgain.Float("scale", 0));
    }

    [Fact]
    public void Removed_and_forgotten_values_lose_their_declarations()
    {
        OnnxModel model = SmallModel.WithEverything();
        Graph graph = model.Graph;
        graph.ForgetShape(graph.Values["sum"]);
        graph.ForgetShape(graph.Values["y"]);
        graph.RemoveUnused();
        OnnxModel again = OnnxReader.Load(OnnxWriter.ToBytes(model));
        Assert.Null(again.Graph.Values["sum"].DeclaredShape);
        Assert.NotNull(again.Graph.Values["product"].DeclaredShape);
        Assert.NotNull(again.Graph.Values["y"].DeclaredShape);
        Assert.False(again.Graph.Values.ContainsKey("typed"));
        Assert.Contains(model.Wire!.Message.Fields, f => f.Number == 999);
    }

    [Fact]
    public void New_names_keep_clear_of_names_in_control_flow_bodies()
    {
        Graph graph = SmallModel.WithEverything().Graph;
        Assert.NotEqual("inner", graph.AddInitializer("inner", TensorData.Vector(1)).Name);
    }

    [Fact]
    public void Outputs_and_inputs_added_to_a_file_are_written()
    {
        OnnxModel model = SmallModel.WithEverything();
        model.Graph.AddOutput(model.Graph.Values["sum"], ElementType.Float32, null);
        model.Graph.AddInput("late", ElementType.Float32, [new(null, "n")]);
        OnnxModel again = OnnxReader.Load(OnnxWriter.ToBytes(model));
        Assert.Equal(["y", "chosen", "sum"], again.Graph.Outputs.Select(v => v.Name));
        Assert.Equal(["x", "condition", "late"], again.Graph.Inputs.Select(v => v.Name));
    }

    [Fact]
    public void Nodes_out_of_order_are_put_in_order()
    {
        byte[] bytes = Build(graph =>
        {
            graph.Message(GraphFields.Node, Node("Relu", "b", "c"));
            graph.Message(GraphFields.Node, Node("Relu", "a", "b"));
        });
        OnnxModel model = OnnxReader.Load(bytes);
        Assert.Equal(["b", "c"], model.Graph.Nodes.Select(n => n.Outputs[0].Name));
        Assert.Equal(bytes, OnnxWriter.ToBytes(model));
        model.Graph.AddNode("Neg", [model.Graph.Values["b"]], "d", before: model.Graph.Nodes[1]);
        Assert.Equal(["b", "d", "c"], OnnxReader.Load(OnnxWriter.ToBytes(model)).Graph.Nodes.Select(n => n.Outputs[0].Name));
    }

    [Fact]
    public void Initializers_that_are_also_inputs_are_constants_and_follow_their_content()
    {
        byte[] bytes = Build(graph =>
        {
            graph.Message(GraphFields.Initializer, TensorWriter.New("w", TensorData.Of([2, 2], 1f, 2f, 3f, 4f)));
            graph.Message(GraphFields.Input, Info("w", 2, 2));
            graph.Message(GraphFields.Node, Node("Relu", "w", "c"));
        });
        OnnxModel model = OnnxReader.Load(bytes);
        Assert.Equal(["a"], model.Graph.Inputs.Select(v => v.Name));
        model.Graph.SetInitializer(model.Graph.Values["w"], TensorData.Of([2, 1], 1f, 3f));
        WireMessage graph = OnnxReader.Load(OnnxWriter.ToBytes(model)).Graph.Wire!.Message;
        WireMessage input = graph.Message(graph.All(GraphFields.Input).Last());
        Assert.Equal([new Axis(2, null), new Axis(1, null)], TypeReader.Read(input).Shape!);
    }

    [Theory]
    [InlineData(OnnxFormatError.UndefinedName)]
    [InlineData(OnnxFormatError.Cycle)]
    [InlineData(OnnxFormatError.DuplicateName)]
    [InlineData(OnnxFormatError.InvalidTensor)]
    [InlineData(OnnxFormatError.MissingName)]
    public void Broken_graphs_are_refused_by_kind(OnnxFormatError error)
    {
        byte[] bytes = Build(graph =>
        {
            switch (error)
            {
                case OnnxFormatError.UndefinedName:
                    graph.Message(GraphFields.Node, Node("Relu", "nowhere", "c"));
                    break;
                case OnnxFormatError.Cycle:
                    graph.Message(GraphFields.Node, Node("Relu", "c", "b"));
                    graph.Message(GraphFields.Node, Node("Relu", "b", "c"));
                    break;
                case OnnxFormatError.DuplicateName:
                    graph.Message(GraphFields.Node, Node("Relu", "a", "a"));
                    break;
                case OnnxFormatError.MissingName:
                    graph.Message(GraphFields.Node, Node("", "a", "c"));
                    break;
                default:
                    var tensor = new WireBuilder();
                    tensor.Int(TensorFields.Dims, 1L << 40);
                    tensor.Int(TensorFields.Dims, 1L << 40);
                    tensor.Int(TensorFields.DataType, 1);
                    tensor.Text(TensorFields.Name, "huge");
                    graph.Message(GraphFields.Initializer, tensor);
                    break;
            }
        });
        Assert.Equal(error, Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(bytes)).Error);
    }

    [Fact]
    public void Deeply_nested_bodies_are_refused()
    {
        var inner = new WireBuilder();
        for (int i = 0; i < 2000; i++)
        {
            var attribute = new WireBuilder();
            attribute.Text(AttributeFields.Name, "body");
            attribute.Message(AttributeFields.Graph, inner);
            attribute.Int(AttributeFields.Type, AttributeTypes.Graph);
            WireBuilder node = Node("Loop", "a", "x");
            node.Message(NodeFields.Attribute, attribute);
            inner = new WireBuilder();
            inner.Raw(SmallModel.Join(Wrap(node)));
        }
        byte[] bytes = Build(graph => graph.Raw(SmallModel.Join(inner)));
        Assert.Equal(OnnxFormatError.TooDeep, Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(bytes)).Error);
    }

    [Fact]
    public void Pointers_and_other_files_are_named()
    {
        Assert.Equal(OnnxFormatError.GitLfsPointer, ErrorOf("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"));
        Assert.Equal(OnnxFormatError.NotOnnx, ErrorOf("{ \"not\": \"onnx\" }"));
        Assert.Equal(OnnxFormatError.NotOnnx, ErrorOf(""));
    }

    private static OnnxFormatError ErrorOf(string text) => Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(Encoding.UTF8.GetBytes(text))).Error;

    private static WireBuilder Wrap(WireBuilder node)
    {
        var graph = new WireBuilder();
        graph.Message(GraphFields.Node, node);
        return graph;
    }

    internal static byte[] Build(Action<WireBuilder> fill)
    {
        var graph = new WireBuilder();
        graph.Message(GraphFields.Input, Info("a", 2, 2));
        fill(graph);
        var model = new WireBuilder();
        model.Int(ModelFields.IrVersion, 8);
        model.Message(ModelFields.Graph, graph);
        return SmallModel.Join(model);
    }

    internal static WireBuilder Node(string type, string input, string output)
    {
        var node = new WireBuilder();
        node.Text(NodeFields.Input, input);
        node.Text(NodeFields.Output, output);
        node.Text(NodeFields.OpType, type);
        return node;
    }

    private static WireBuilder Info(string name, params long[] shape) =>
        ValueInfoWriter.New(new Graph("").AddInput(name, ElementType.Float32, [.. shape.Select(d => new Axis(d, null))]));
}
