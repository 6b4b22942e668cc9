using PruneTasks.Onnx;

namespace PruneTasks.Pruning.Tests;

public sealed class PlannerTests
{
    private static readonly Cost Dense = new(10_000, 2_000, 8_000);

    private sealed record TestSite(UnitKind Kind, int Units) : PruneSite(Kind, "site", Units, [], null!);

    [Fact]
    public void Ratios_remove_exactly_the_share_asked_for()
    {
        PrunePlan plan = UniformPlanner.ByRatios(
            [(new TestSite(UnitKind.Ffn, 256), new Cost(1, 1, 4)), (new TestSite(UnitKind.QueryKey, 16), new Cost(2, 1, 4)), (new TestSite(UnitKind.ValueOutput, 16), default)],
            Dense, new Dictionary<UnitKind, double> { [UnitKind.Ffn] = 0.5, [UnitKind.QueryKey] = 0.999 });
        Assert.Equal([128, 1, 16], plan.Sites.Select(s => s.Keep));
        Assert.Equal(Dense.Macs - 128 - (15 * 2), plan.Pruned.Macs);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.6)]
    [InlineData(0.35)]
    public void Uniform_budget_is_met_with_aligned_widths(double share)
    {
        (PrunePlan plan, bool met) = UniformPlanner.ByBudget(
            [(new TestSite(UnitKind.Ffn, 100), new Cost(50, 10, 40)), (new TestSite(UnitKind.QueryKey, 16), new Cost(300, 30, 120))], Dense, new BudgetBounds(share, null, null), 8);
        Assert.True(met);
        Assert.True(plan.Pruned.Macs <= share * Dense.Macs);
        Assert.True(plan.Sites[0].Keep % 8 == 0 || plan.Sites[0].Keep == 100);
    }

    /// <summary>Two layers of ten units, of which each is a twentieth of the model: whole eights would take most of one layer.</summary>
    [Theory]
    [InlineData(0.7, 4, 14)]
    [InlineData(0.6, 4, 12)]
    [InlineData(0.05, 1, 2)]
    public void Steps_of_widths_become_finer_where_they_would_miss_the_budget_by_far(double share, int align, int kept)
    {
        Cost dense = new(10_000, 2_000, 8_000);
        (PruneSite, Cost)[] sites = [(new TestSite(UnitKind.Ffn, 10), new Cost(500, 100, 400)), (new TestSite(UnitKind.Ffn, 10), new Cost(500, 100, 400))];
        PricedSite[] priced = [.. sites.Select((s, i) => new PricedSite(s.Item1, s.Item2, Curve(10, i + 1)))];
        BudgetBounds bounds = new(share, null, null);
        PrunePlan nothing = new([.. sites.Select(s => new SitePlan(s.Item1, s.Item2, 10))], dense);
        (PrunePlan plan, int step) = WidthSteps.Plan(8, bounds, nothing, a => PricedPlanner.ByBudget(priced, dense, bounds, a).Plan);
        Assert.Equal((align, kept), (step, plan.Sites.Sum(s => s.Keep)));
        Assert.Contains($"multiples of {align}", Assert.Single(WidthSteps.Notes(8, step)), StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_of_widths_stay_where_they_meet_the_budget()
    {
        Cost dense = new(100_000, 20_000, 80_000);
        PricedSite site = new(new TestSite(UnitKind.Ffn, 200), new Cost(500, 100, 400), Curve(200, 1));
        BudgetBounds bounds = new(0.7, null, null);
        (PrunePlan plan, int step) = WidthSteps.Plan(8, bounds, new PrunePlan([new SitePlan(site.Site, site.Cost, 200)], dense), a => PricedPlanner.ByBudget([site], dense, bounds, a).Plan);
        Assert.Equal((8, 136), (step, plan.Sites[0].Keep));
        Assert.Empty(WidthSteps.Notes(8, step));
    }

    [Fact]
    public void A_budget_out_of_reach_gives_the_smallest_model_and_says_so()
    {
        PricedSite site = new(new TestSite(UnitKind.QueryKey, 4), new Cost(100, 1, 4), Curve(4, 1));
        (PrunePlan plan, bool met) = PricedPlanner.ByBudget([site], Dense, new BudgetBounds(0.01, null, null), 8);
        Assert.False(met);
        Assert.Equal(1, plan.Sites[0].Keep);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Priced_plan_is_the_cheapest_of_all(int seed)
    {
        Random random = new(seed);
        PricedSite[] sites = [.. Enumerable.Range(0, 4).Select(_ => new PricedSite(
            new TestSite(UnitKind.QueryKey, 6), new Cost(random.Next(200, 500), 10, 40), Curve(6, random.NextDouble() + 0.1)))];
        BudgetBounds bounds = new(0.55, null, null);
        (PrunePlan plan, bool met) = PricedPlanner.ByBudget(sites, Dense, bounds, 1);
        Assert.True(met);
        double best = double.PositiveInfinity;
        for (int code = 0; code < 6 * 6 * 6 * 6; code++)
        {
            int[] keep = [(code % 6) + 1, (code / 6 % 6) + 1, (code / 36 % 6) + 1, (code / 216) + 1];
            PrunePlan other = new([.. sites.Select((s, i) => new SitePlan(s.Site, s.Cost, keep[i]))], Dense);
            if (bounds.IsMet(other.Pruned, Dense)) best = Math.Min(best, sites.Select((s, i) => s.Curve.Prices[keep[i]]).Sum());
        }
        double price = sites.Select((s, i) => s.Curve.Prices[plan.Sites[i].Keep]).Sum();
        Assert.InRange(price, best * 0.999999, best * 1.000001);
    }

    [Fact]
    public void Several_bounds_hold_together()
    {
        PricedSite[] sites =
        [
            new(new TestSite(UnitKind.QueryKey, 10), new Cost(600, 10, 40), Curve(10, 1)),
            new(new TestSite(UnitKind.QueryKey, 10), new Cost(50, 120, 480), Curve(10, 1)),
        ];
        BudgetBounds bounds = new(0.7, 0.6, null);
        (PrunePlan plan, bool met) = PricedPlanner.ByBudget(sites, Dense, bounds, 1);
        Assert.True(met);
        Assert.True(bounds.IsMet(plan.Pruned, Dense));
    }

    [Fact]
    public void A_price_curve_goes_through_its_measurements_and_never_falls()
    {
        double[] errors = [10, 6, 3, 1, 0];
        PriceCurve curve = PriceCurve.Through(errors, [(3, 0.5), (1, 1.2)]);
        Assert.Equal(0.5, curve.Prices[3], 12);
        Assert.Equal(1.2, curve.Prices[1], 12);
        Assert.Equal(0, curve.Prices[4]);
        Assert.All(Enumerable.Range(0, 4), keep => Assert.True(curve.Prices[keep] >= curve.Prices[keep + 1]));
    }

    /// <summary>Convex: the first units to go are cheap.</summary>
    private static PriceCurve Curve(int units, double scale) => new([.. Enumerable.Range(0, units + 1).Select(keep => scale * Math.Pow(units - keep, 2))]);
}
