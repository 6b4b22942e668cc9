using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

public class SampleOrderTests
{
    private static readonly string[] Items = [.. from c in "abc" from i in Enumerable.Range(0, 20) select $"{c}{i:00}"];

    [Fact]
    public void Every_prefix_is_spread_evenly_over_the_classes()
    {
        IReadOnlyList<string> order = SampleOrder.Spread(Items, item => item[..1], 42);
        for (int n = 3; n <= order.Count; n += 3)
            Assert.All("abc", c => Assert.Equal(n / 3, order.Take(n).Count(item => item[0] == c)));
    }

    [Fact]
    public void Every_item_comes_once_also_when_classes_differ_in_size()
    {
        string[] uneven = [.. Items.Where(item => item[0] != 'b' || item == "b03")];
        Assert.Equal(uneven.Order(StringComparer.Ordinal), SampleOrder.Spread(uneven, item => item[..1], 1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_seed_decides_the_order()
    {
        Assert.Equal(SampleOrder.Spread(Items, item => item[..1], 7), SampleOrder.Spread(Items, item => item[..1], 7));
        Assert.NotEqual(SampleOrder.Spread(Items, item => item[..1], 7), SampleOrder.Spread(Items, item => item[..1], 8));
    }

    [Fact]
    public void The_order_is_pinned_so_that_no_release_changes_what_a_spec_chooses()
    {
        Assert.Equal(PinnedOrder, SampleOrder.Spread(Enumerable.Range(0, 8), _ => "", 42));
    }

    private static readonly int[] PinnedOrder = [3, 6, 0, 7, 1, 2, 5, 4];
}
