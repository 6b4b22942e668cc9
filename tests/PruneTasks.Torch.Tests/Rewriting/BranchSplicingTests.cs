using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing;

namespace PruneTasks.Torch.Tests.Rewriting;

public sealed class BranchSplicingTests
{
    private static readonly TensorData Input = TensorData.Of([2, 1, 3], 1, -2, 3, -4, 5, -6f);

    [Fact]
    public void A_squeeze_that_asks_for_a_fixed_size_stands_without_its_condition()
    {
        OnnxModel model = Squeeze(axis: 1);
        IReadOnlyList<TensorData> dense = Answer(model);
        Assert.Equal(1, BranchSplicing.Apply(model));
        Assert.Equal(["Squeeze", "MatMul"], model.Graph.Nodes.Select(n => n.OpType));
        Assert.Equal([null, 4L], ShapeInvariants.Find(model).ShapeOf(model.Graph.Outputs[0]));
        Same(dense, Answer(model));
        Same(dense, Answer(OnnxReader.Load(OnnxWriter.ToBytes(model))));
        Assert.Equal(0, BranchSplicing.Apply(model));
    }

    [Fact]
    public void A_size_that_may_be_one_or_not_keeps_its_condition()
    {
        OnnxModel model = Squeeze(axis: 0);
        byte[] before = OnnxWriter.ToBytes(model);
        Assert.Equal(0, BranchSplicing.Apply(model));
        Assert.Equal(before, OnnxWriter.ToBytes(model));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(1)]
    [InlineData(50_000)]
    public void A_condition_on_an_open_size_keeps_both_branches_whatever_it_asks_for(long size)
    {
        foreach (string comparison in new[] { "Equal", "Less", "Greater" })
        {
            Graph graph = new("g");
            Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(null, "length")]);
            Value length = graph.AddNode("Gather", [graph.AddNode("Shape", [x], "shape").Outputs[0], graph.AddInitializer("one", TensorData.Of([], 1L))], "length").Outputs[0];
            Branch(graph, graph.AddNode(comparison, [length, graph.AddInitializer("size", TensorData.Of([], size))], "condition").Outputs[0]);
            OnnxModel model = OnnxModel.Create(graph, 17, 8, "test");
            Assert.Equal(0, BranchSplicing.Apply(model));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Branches_in_branches_keep_constants_names_and_outputs(bool taken)
    {
        Graph graph = new("g"), then = new("then"), otherwise = new("otherwise"), inner = new("inner"), other = new("other");
        Value x = graph.AddInput("x", ElementType.Float32, [new(2, null), new(1, null), new(3, null)]);
        graph.AddInitializer("w", OrtWeights());
        Value weight = then.AddInitializer("inner_w", TensorData.Of([4], 1f, 2, 3, 4));
        Value product = then.AddNode("MatMul", [then.AddOuter("x"), then.AddOuter("w")], "product").Outputs[0];
        Value sum = then.AddNode("Add", [product, weight], "sum").Outputs[0];
        Value large = then.AddNode("Greater", [then.AddNode("ReduceMax", [sum], "max", attributes: Keep()).Outputs[0], then.AddInitializer("limit", TensorData.Of([], 2f))], "large").Outputs[0];
        inner.AddOutput(inner.AddNode("Neg", [inner.AddOuter("sum")], "negative").Outputs[0], ElementType.Float32, null);
        other.AddOutput(other.AddNode("Mul", [other.AddOuter("sum"), other.AddOuter("inner_w")], "scaled").Outputs[0], ElementType.Float32, null);
        then.AddOutput(then.AddNode("If", [large], "chosen", attributes: Bodies(inner, other)).Outputs[0], ElementType.Float32, null);
        then.AddOutput(then.AddNode("Sign", [then.AddOuter("x")], "sign").Outputs[0], ElementType.Float32, null);
        otherwise.AddOutput(otherwise.AddNode("MatMul", [otherwise.AddOuter("x"), otherwise.AddOuter("w")], "plain").Outputs[0], ElementType.Float32, null);
        otherwise.AddOutput(otherwise.AddNode("Abs", [otherwise.AddOuter("x")], "size").Outputs[0], ElementType.Float32, null);
        Value condition = graph.AddNode("Not", [graph.AddInitializer("never", new TensorData(ElementType.Bool, [], new byte[] { taken ? (byte)0 : (byte)1 }))], "condition").Outputs[0];
        Node branch = graph.AddNode("If", [condition], "y", outputs: 2, attributes: Bodies(then, otherwise));
        graph.AddOutput(branch.Outputs[0], ElementType.Float32, null);
        graph.AddOutput(graph.AddNode("Relu", [branch.Outputs[1]], "z").Outputs[0], ElementType.Float32, null);
        OnnxModel model = OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(graph, 17, 8, "test")));

        IReadOnlyList<TensorData> dense = Answer(model);
        Assert.Equal(1, BranchSplicing.Apply(model));
        Assert.Equal(taken ? ["MatMul", "Add", "ReduceMax", "Greater", "If", "Sign", "Identity", "Relu"] : ["MatMul", "Abs", "Identity", "Relu"], model.Graph.Nodes.Select(n => n.OpType));
        Assert.Equal(["y", "z"], model.Graph.Outputs.Select(v => v.Name));
        Same(dense, Answer(OnnxReader.Load(OnnxWriter.ToBytes(model))));
        Assert.Equal(taken, model.Graph.Values.ContainsKey("inner_w"));
    }

    private static OnnxModel Squeeze(long axis)
    {
        Graph graph = new("g"), then = new("then"), otherwise = new("otherwise");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(1, null), new(3, null)]);
        Value size = graph.AddNode("Gather", [graph.AddNode("Shape", [x], "shape").Outputs[0], graph.AddInitializer("axis", TensorData.Of([], axis))], "size").Outputs[0];
        Value condition = graph.AddNode("Equal", [size, graph.AddInitializer("one", TensorData.Of([], 1L))], "condition").Outputs[0];
        then.AddOutput(then.AddNode("Squeeze", [then.AddOuter("x"), then.AddInitializer("axes", TensorData.Vector(axis))], "squeezed").Outputs[0], ElementType.Float32, null);
        otherwise.AddOutput(otherwise.AddNode("Identity", [otherwise.AddOuter("x")], "same").Outputs[0], ElementType.Float32, null);
        Node branch = graph.AddNode("If", [condition], "branch", attributes: Bodies(then, otherwise));
        Node product = graph.AddNode("MatMul", [branch.Outputs[0], graph.AddInitializer("w", OrtWeights())], "y");
        graph.AddOutput(product.Outputs[0], ElementType.Float32, null);
        return OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(graph, 17, 8, "test")));
    }

    private static void Branch(Graph graph, Value condition)
    {
        Graph then = new("then"), otherwise = new("otherwise");
        then.AddOutput(then.AddNode("Neg", [then.AddOuter("x")], "negative").Outputs[0], ElementType.Float32, null);
        otherwise.AddOutput(otherwise.AddNode("Abs", [otherwise.AddOuter("x")], "size_of").Outputs[0], ElementType.Float32, null);
        graph.AddOutput(graph.AddNode("If", [condition], "y", attributes: Bodies(then, otherwise)).Outputs[0], ElementType.Float32, null);
    }

    private static TensorData OrtWeights() => TensorData.Of([3, 4], [.. Enumerable.Range(0, 12).Select(i => MathF.Sin(i))]);

    private static IReadOnlyList<TensorData> Answer(OnnxModel model) =>
        RuntimeAnswer.Of(OnnxWriter.ToBytes(model), new Dictionary<string, TensorData> { ["x"] = Input }) ?? throw new InvalidOperationException("ONNX Runtime does not run it");

    private static void Same(IReadOnlyList<TensorData> wanted, IReadOnlyList<TensorData> got) => Assert.All(wanted.Zip(got), p => Assert.Equal(p.First.ToFloats(), p.Second.ToFloats()));

    private static Dictionary<string, AttributeData> Keep() => new() { ["keepdims"] = 0 };

    private static Dictionary<string, AttributeData> Bodies(Graph then, Graph otherwise) =>
        new() { ["then_branch"] = new AttributeData { Bodies = [then] }, ["else_branch"] = new AttributeData { Bodies = [otherwise] } };
}
