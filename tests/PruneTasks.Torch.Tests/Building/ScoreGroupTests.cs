using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Queries and keys that heads share, or that a position turns: whole frequency pairs, or the same dimension of all heads.</summary>
public sealed class ScoreGroupTests
{
    [Theory]
    [InlineData(DoubtfulAttention.MultiQuery, 1)]
    [InlineData(DoubtfulAttention.ExpandedHeads, 1)]
    [InlineData(DoubtfulAttention.TiledHeads, 1)]
    [InlineData(DoubtfulAttention.GatheredHeads, 1)]
    [InlineData(DoubtfulAttention.BroadcastHeads, 1)]
    [InlineData(DoubtfulAttention.Rotary, 2)]
    [InlineData(DoubtfulAttention.GroupedRotary, 2)]
    [InlineData(DoubtfulAttention.PackedRotary, 2)]
    public void Dimensions_that_only_go_together_are_taken_from_all_heads_at_once(DoubtfulAttention doubt, int dimensions)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt));
        ScoreGroupSite[] groups = [.. run.Inventory.Sites.OfType<ScoreGroupSite>()];
        Assert.Equal(2, groups.Length);
        Assert.All(groups, g => Assert.Equal(dimensions, g.Query.DimensionsPerUnit));
        Assert.All(groups, g => Assert.Equal(UnitKind.QueryKey, g.Kind));
        Assert.DoesNotContain(run.Inventory.Refusals, r => r.Kind == UnitKind.QueryKey);
        (double removed, double runtime, long planned, long macs) = run.Prune(new() { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.5, [UnitKind.ValueOutput] = 0.5 });
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(planned, macs);
    }
}
