using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Tests.Hostile;

/// <summary>What pruning must leave alone.</summary>
public sealed class KeptAsTheyCameTests
{
    // Fields of ModelProto behind the graph: documentation, a metadata entry, a training info, a function, and one that no version has.
    private static readonly byte[] Extras =
    [
        0x32, 3, (byte)'d', (byte)'o', (byte)'c', 0x72, 6, 10, 1, (byte)'k', 18, 1, (byte)'v', 0xA2, 0x01, 0, 0xCA, 0x01, 3, 10, 1, (byte)'F', 0xF8, 0x3E, 7,
    ];

    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Half_precision_stays_what_it_is_through_rewrites_and_removal(ElementType type)
    {
        PreparedModel prepared = PreparedModel.From(OnnxReader.Load(Model(type)), ShapeBinding.Default(1));
        PruneSite site = Assert.Single(prepared.Inventory.Sites);
        PhysicalRemoval.Apply(prepared.Model, [new SiteRemoval(site, [0, 2, 5])], prepared.Invariants);
        OnnxModel pruned = OnnxReader.Load(OnnxWriter.ToBytes(prepared.Model));
        Assert.All(pruned.Graph.Initializers, w => Assert.Equal(type, w.Constant!.Type));
        Assert.Equal(type, pruned.Graph.Inputs[0].Type);
        Assert.Equal((13L, 7L), (pruned.Opset, pruned.IrVersion));
        Assert.Equal([4, 3], pruned.Graph.Values["w1"].Constant!.Shape);
        Assert.Equal([3, 2], pruned.Graph.Values["w2"].Constant!.Shape);
    }

    [Fact]
    public void An_untouched_model_is_written_byte_for_byte()
    {
        byte[] bytes = [.. Model(ElementType.Float32), .. Extras];
        Assert.Equal(bytes, OnnxWriter.ToBytes(OnnxReader.Load(bytes)));
    }

    [Fact]
    public void Removal_keeps_what_is_around_the_graph_and_the_order_of_names()
    {
        OnnxModel dense = OnnxReader.Load((byte[])[.. Model(ElementType.Float32), .. Extras]);
        string[] nodes = [.. dense.Graph.Nodes.Select(n => n.Name)], weights = [.. dense.Graph.Initializers.Select(w => w.Name)];
        UnitInventory found = UnitFinder.Find(dense, ShapeInference.Run(dense, ShapeBinding.Default()));
        PhysicalRemoval.Apply(dense, [new SiteRemoval(Assert.Single(found.Sites), [1, 3])], ShapeInvariants.Find(dense));
        byte[] pruned = OnnxWriter.ToBytes(dense);
        Assert.True(pruned.AsSpan().EndsWith(Extras));
        OnnxModel again = OnnxReader.Load(pruned);
        Assert.Equal(nodes, again.Graph.Nodes.Select(n => n.Name));
        Assert.Equal(weights, again.Graph.Initializers.Select(w => w.Name));
    }

    // Two layers with a feed-forward width of 6 between them.
    private static byte[] Model(ElementType type)
    {
        var graph = new Graph("small");
        Value x = graph.AddInput("x", type, [new(null, "n"), new(4, null)]);
        Value hidden = graph.AddNode("Relu", [Layer(x, "w1", "b1", 4, 6)], "relu").Outputs[0];
        graph.AddOutput(Layer(hidden, "w2", "b2", 6, 2), type, [new(null, "n"), new(2, null)]);
        return OnnxWriter.ToBytes(OnnxModel.Create(graph, 13, 7, "tests"));

        Value Layer(Value input, string weight, string bias, int from, int to) =>
            graph.AddNode("Add", [graph.AddNode("MatMul", [input, Weight(weight, from, to)], "m").Outputs[0], Weight(bias, to)], "a").Outputs[0];

        Value Weight(string name, params long[] shape) =>
            graph.AddInitializer(name, TensorData.FromFloats(type, shape, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(i => 0.25f * i)]));
    }
}
