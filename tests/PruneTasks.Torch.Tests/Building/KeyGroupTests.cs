using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Whole groups of query heads with the key and value head that they share.</summary>
public sealed class KeyGroupTests
{
    [Theory]
    [InlineData(DoubtfulAttention.GroupedRotary)]
    [InlineData(DoubtfulAttention.TiledHeads)]
    [InlineData(DoubtfulAttention.GatheredHeads)]
    [InlineData(DoubtfulAttention.BroadcastHeads)]
    public void A_group_goes_as_a_whole_and_the_others_compute_as_before(DoubtfulAttention doubt)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt));
        UnitInventory found = KeyGroupFinder.Find(run.Model, run.Inventory.Sites);
        Assert.Empty(found.Refusals);
        Assert.Equal(2, found.Sites.Count);
        Assert.All(found.Sites, s => Assert.Equal(TransformerGraph.SharedHeads, s.Units));
        (double removed, double runtime, long planned, long macs) = run.WithGroups().PruneTo(s => s.Kind == UnitKind.KeyGroup ? 1 : s.Units);
        Assert.True(removed < 1e-4 && runtime < 1e-4, $"{removed:g3} {runtime:g3}");
        Assert.Equal(planned, macs);
    }

    [Theory]
    [InlineData(DoubtfulAttention.MultiQuery)]
    [InlineData(DoubtfulAttention.ExpandedHeads)]
    [InlineData(DoubtfulAttention.Rotary)]
    public void One_group_and_heads_that_share_nothing_are_no_site(DoubtfulAttention doubt)
    {
        PruningRun run = new(TransformerGraph.Create(new TransformerForm(TransformerStyle.Split), doubt: doubt));
        UnitInventory found = KeyGroupFinder.Find(run.Model, run.Inventory.Sites);
        Assert.Empty(found.Sites);
        Assert.Empty(found.Refusals);
    }
}
