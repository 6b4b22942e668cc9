using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Whole feed-forward and attention layers that become a constant.</summary>
public sealed class WholeModuleTests
{
    [Theory]
    [InlineData(TransformerStyle.Split)]
    [InlineData(TransformerStyle.PackedSplit)]
    [InlineData(TransformerStyle.PackedGather)]
    [InlineData(TransformerStyle.PackedSeqFirst)]
    public void An_attention_layer_that_is_gone_is_the_masked_one_and_its_nodes_are_gone(TransformerStyle style)
    {
        PruningRun run = new(TransformerGraph.Create(style));
        AttentionLayer first = run.Inventory.Sites.OfType<ValueOutputSite>().First().Attention;
        Assert.Null(Refusal(run, run.Inventory.Sites.OfType<ValueOutputSite>().First()));
        int softmax = Count(run, "Softmax"), nodes = run.Model.Graph.Nodes.Count;
        (double removed, double runtime, long planned, long macs) = run.PruneTo(site => site switch
        {
            QueryKeySite s when s.Attention == first => 0,
            ValueOutputSite s when s.Attention == first => 0,
            _ => site.Units,
        });
        Assert.InRange(removed, 0, 1e-4);
        Assert.InRange(runtime, 0, 1e-4);
        Assert.Equal(planned, macs);
        Assert.Equal(softmax - 1, Count(run, "Softmax"));
        Assert.True(run.Model.Graph.Nodes.Count <= nodes - 4);
    }

    [Theory]
    [InlineData(TransformerStyle.Split)]
    [InlineData(TransformerStyle.PackedSplit)]
    public void All_feed_forward_layers_may_go_while_ranks_are_narrowed(TransformerStyle style)
    {
        PruningRun run = new(TransformerGraph.Create(style));
        Assert.All(run.Inventory.Sites.OfType<FfnSite>(), site => Assert.Null(Refusal(run, site)));
        (double removed, double runtime, long planned, long macs) = run.PruneTo(site => site is FfnSite ? 0 : site.Units / 2);
        Assert.InRange(removed, 0, 1e-4);
        Assert.InRange(runtime, 0, 1e-4);
        Assert.Equal(planned, macs);
        Assert.DoesNotContain(run.Model.Graph.Nodes, n => n.OpType is "Relu" or "Gelu" or "Erf");
    }

    [Fact]
    public void A_branch_that_joins_nothing_is_not_offered()
    {
        var graph = new Graph("chain");
        Value x = graph.AddInput("x", ElementType.Float32, [new(null, "batch"), new(4, null)]);
        for (int i = 0; i < 2; i++)
        {
            x = graph.AddNode("MatMul", [x, graph.AddInitializer($"w{i}", TensorData.FromFloats(ElementType.Float32, [4, 4], [.. Enumerable.Range(0, 16).Select(j => j % 5f)]))], $"m{i}").Outputs[0];
            if (i == 0) x = graph.AddNode("Relu", [x], "relu").Outputs[0];
        }
        Value y = graph.AddNode("Softmax", [x], "p").Outputs[0];
        graph.AddOutput(y, ElementType.Float32, [new(null, "batch"), new(4, null)]);
        PruningRun run = new(OnnxModel.Create(graph, 13, 7, "tests"));
        FfnSite site = Assert.Single(run.Inventory.Sites.OfType<FfnSite>());
        Assert.Contains("does not go straight into an addition", Refusal(run, site), StringComparison.Ordinal);
    }

    private static string? Refusal(PruningRun run, PruneSite site) => WholeModules.Refuse(site, ShapeInference.Run(run.Model, ShapeBinding.Default()));

    private static int Count(PruningRun run, string type) => run.Model.Graph.Nodes.Count(n => n.OpType == type);
}
