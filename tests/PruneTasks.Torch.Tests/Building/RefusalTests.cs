using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>What cannot be removed is refused with a reason; everything else of the same model is pruned, and right.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData(DoubtfulAttention.NormalisedQueries, RefusalReason.PositionDependent)]
    [InlineData(DoubtfulAttention.SharedWeight, RefusalReason.SharedWeight)]
    [InlineData(DoubtfulAttention.TwoProducts, RefusalReason.PositionDependent)]
    [InlineData(DoubtfulAttention.HeadByHead, RefusalReason.Barrier)]
    [InlineData(DoubtfulAttention.Fused, RefusalReason.Barrier)]
    [InlineData(DoubtfulAttention.FusedHeads, RefusalReason.Barrier)]
    public void Doubtful_attention_is_refused_with_its_reason_and_the_rest_is_pruned(DoubtfulAttention doubt, RefusalReason reason)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt));
        Assert.Equal(2, run.Inventory.Sites.Count(s => s.Kind == UnitKind.Ffn));
        Refusal[] refusals = [.. run.Inventory.Refusals.Where(r => r.Kind == (doubt == DoubtfulAttention.HeadByHead ? UnitKind.ValueOutput : UnitKind.QueryKey))];
        Assert.NotEmpty(refusals);
        Assert.All(refusals, r => Assert.Equal(reason, r.Reason));
        Assert.DoesNotContain(run.Inventory.Sites, s => refusals.Any(r => r.Kind == s.Kind));
        // Whatever happens to queries and keys, values are found where they come by moves alone.
        bool values = doubt is not (DoubtfulAttention.PackedRotary or DoubtfulAttention.HeadByHead or DoubtfulAttention.Fused or DoubtfulAttention.FusedHeads);
        Assert.Equal(values ? 2 : 0, run.Inventory.Sites.Count(s => s.Kind == UnitKind.ValueOutput));
        Assert.Equal(!values, run.Inventory.Refusals.Any(r => r.Kind == UnitKind.ValueOutput));
        (double removed, double runtime, long planned, long macs) = run.Prune(new() { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.5 });
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(planned, macs);
    }

    [Fact]
    public void A_layer_without_bias_whose_result_is_the_models_output_is_repaired_without_one()
    {
        Graph graph = new("mlp");
        Value x = graph.AddInput("x", ElementType.Float32, [new Axis(null, "n"), new Axis(3, null)]);
        Value Layer(Value input, int from, int to) =>
            graph.AddNode("MatMul", [input, graph.AddInitializer("w", TensorData.Of([from, to], [.. Enumerable.Range(0, from * to).Select(i => i / 10f)]))], "y").Outputs[0];
        Value y = Layer(graph.AddNode("Relu", [Layer(x, 3, 8)], "h").Outputs[0], 8, 2);
        graph.AddOutput(y, ElementType.Float32, [new Axis(null, "n"), new Axis(2, null)]);
        PruningRun run = new(OnnxModel.Create(graph, 17, 8, "tests"));
        // Nothing can be added behind an output, so it is no feed-forward width; its channels need no bias.
        Assert.Equal(8, Assert.IsType<ChannelSite>(Assert.Single(run.Inventory.Sites)).Units);
        (double removed, double runtime, long planned, long macs) = run.Prune(new() { [UnitKind.Channel] = 0.5 });
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(planned, macs);
    }

    [Theory]
    [InlineData(50, true)]
    [InlineData(100_000, false)]
    public void A_small_file_that_claims_very_much_at_once_is_not_followed(int samples, bool found)
    {
        OnnxModel model = TransformerGraph.Create(TransformerStyle.Split);
        UnitInventory inventory = UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default(samples)));
        Assert.Equal(found, inventory.Sites.Count(s => s.Kind == UnitKind.ValueOutput) == 2);
        Assert.Equal(!found, inventory.Refusals.Any(r => r.Reason == RefusalReason.UnknownShape && r.Detail.Contains("more elements to follow", StringComparison.Ordinal)));
        // No elements are followed there.
        Assert.Equal(2, inventory.Sites.Count(s => s.Kind == UnitKind.Ffn));
    }
}
