using PruneTasks.Onnx;

namespace PruneTasks.Pruning.Tests;

/// <summary>Plans against the best of all possible plans, over bounds, modules, least widths and measured time.</summary>
public sealed class PlannerBruteForceTests
{
    private const int Units = 5;

    private static readonly Cost Dense = new(10_000, 4_000, 16_000);

    private sealed record TestSite(UnitKind Kind, int Units) : PruneSite(Kind, "site", Units, [], null!);

    [Theory]
    [InlineData(false, 0.01)]
    [InlineData(true, 0.03)]
    public void Two_and_three_bounds_at_once_come_close_to_the_best_plan(bool three, double allowed)
    {
        double worst = 0, sum = 0;
        const int Cases = 40;
        for (int seed = 0; seed < Cases; seed++)
        {
            Random random = new(seed);
            PricedSite[] sites = Sites(random, 5);
            BudgetBounds bounds = new(0.55 + (0.2 * random.NextDouble()), 0.55 + (0.2 * random.NextDouble()), null);
            PlanOptions options = new(1);
            if (three)
            {
                bounds = bounds with { Latency = 0.6 + (0.2 * random.NextDouble()) };
                options = options with { Latency = Table(random, sites) };
            }
            double gap = Gap(sites, bounds, options);
            worst = Math.Max(worst, gap);
            sum += gap;
        }
        Assert.InRange(sum / Cases, 0, allowed);
        Assert.InRange(worst, 0, 0.15);
    }

    [Fact]
    public void Measured_time_that_falls_in_steps_is_spent_best()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Random random = new(seed);
            PricedSite[] sites = Sites(random, 4);
            Assert.InRange(Gap(sites, new BudgetBounds(null, null, null) { Latency = 0.7 }, new PlanOptions(1) { Latency = Table(random, sites) }), 0, 0.02);
        }
    }

    [Fact]
    public void No_site_goes_below_its_least_width()
    {
        PricedSite[] sites = Sites(new Random(5), 4);
        PlanOptions options = new(1) { Minimum = new Dictionary<PruneSite, int> { [sites[1].Site] = 4 } };
        BudgetBounds bounds = new(0.75, null, null);
        (PrunePlan priced, bool met) = PricedPlanner.ByBudget(sites, Dense, bounds, options);
        (PrunePlan uniform, _) = UniformPlanner.ByBudget([.. sites.Select(s => (s.Site, s.Cost))], Dense, bounds, options);
        Assert.True(met);
        Assert.True(priced.Sites[1].Keep >= 4 && uniform.Sites[1].Keep >= 4);
        Assert.InRange(Gap(sites, bounds, options), 0, 0.02);
    }

    [Fact]
    public void A_module_goes_when_its_price_says_so_and_takes_its_queries_and_keys_along()
    {
        (PricedSite[] sites, PlanOptions options) = Attention(priceOfNone: 0.5, otherwise: 10);
        (PrunePlan plan, bool met) = PricedPlanner.ByBudget(sites, Dense, new BudgetBounds(0.65, null, null), options);
        Assert.True(met);
        Assert.Equal([0, 0, Units], plan.Sites.Select(s => s.Keep));
        Assert.Equal(0.5, PricedPlanner.PriceOf(sites, plan), 9);
    }

    [Fact]
    public void A_module_stays_when_its_price_says_so()
    {
        (PricedSite[] sites, PlanOptions options) = Attention(priceOfNone: 1000, otherwise: 1);
        foreach (BudgetBounds bounds in new[] { new BudgetBounds(0.65, null, null), new BudgetBounds(0.65, 0.9, null) })
        {
            (PrunePlan plan, bool met) = PricedPlanner.ByBudget(sites, Dense, bounds, options);
            Assert.True(met);
            Assert.All(plan.Sites, s => Assert.True(s.Keep > 0));
        }
    }

    [Fact]
    public void A_curve_of_time_never_rises_as_units_go_and_is_linear_between_measurements()
    {
        IReadOnlyList<double> curve = LatencyTable.Curve(8, [(2, 0.3), (4, 0.1), (6, 0.15)]);
        Assert.Equal([0.3, 0.3, 0.3, 0.225, 0.15, 0.15, 0.15, 0.075, 0], curve.Select(c => Math.Round(c, 6)));
    }

    private static (PricedSite[] Sites, PlanOptions Options) Attention(double priceOfNone, double otherwise)
    {
        AttentionLayer attention = new(null!, null!, null!, null!, null);
        PriceCurve dear = new([priceOfNone, .. Enumerable.Range(1, Units).Select(k => k == Units ? 0 : otherwise * (Units - k))]);
        PricedSite[] sites =
        [
            new(new QueryKeySite("qk", Units, [], null!, attention), new Cost(300, 100, 400), dear),
            new(new ValueOutputSite("vo", Units, [], null!, attention), new Cost(500, 100, 400), dear),
            new(new TestSite(UnitKind.Ffn, Units), new Cost(600, 200, 800), dear),
        ];
        return (sites, new PlanOptions(1) { Vanishing = new HashSet<PruneSite> { sites[1].Site } });
    }

    private static PricedSite[] Sites(Random random, int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        double scale = random.NextDouble() + 0.1, power = 1 + (2 * random.NextDouble());
        return new PricedSite(
            new TestSite(UnitKind.QueryKey, Units) { Name = $"site {i}" }, new Cost(random.Next(150, 500), random.Next(50, 250), 4 * random.Next(50, 250)),
            new PriceCurve([.. Enumerable.Range(0, Units + 1).Select(k => scale * Math.Pow(Units - k, power))]));
    })];

    /// <summary>Steps: some widths save nothing more than their neighbour.</summary>
    private static LatencyTable Table(Random random, PricedSite[] sites) => new(0.97, sites.ToDictionary(s => s.Site, s =>
    {
        var saved = new double[Units + 1];
        for (int k = Units - 1; k >= 0; k--) saved[k] = saved[k + 1] + (random.Next(3) == 0 ? 0 : 0.05 * random.NextDouble());
        return (IReadOnlyList<double>)saved;
    }, (IEqualityComparer<PruneSite>)ReferenceEqualityComparer.Instance));

    /// <summary>How much dearer the plan is than the best of all, as a share; 0 where no plan meets the bounds and the planner says so.</summary>
    private static double Gap(PricedSite[] sites, BudgetBounds bounds, PlanOptions options)
    {
        (PrunePlan plan, bool met) = PricedPlanner.ByBudget(sites, Dense, bounds, options);
        double best = double.PositiveInfinity;
        IReadOnlyList<int>[] widths = [.. sites.Select(s => options.Widths(s.Site))];
        var at = new int[sites.Length];
        while (true)
        {
            PrunePlan other = new([.. sites.Select((s, i) => new SitePlan(s.Site, s.Cost, widths[i][at[i]]))], Dense) { Latency = options.Latency };
            if (bounds.IsMet(other)) best = Math.Min(best, PricedPlanner.PriceOf(sites, other));
            int next = 0;
            while (next < at.Length && ++at[next] == widths[next].Count) at[next++] = 0;
            if (next == at.Length) break;
        }
        Assert.Equal(double.IsFinite(best), met);
        if (!met) return 0;
        Assert.True(bounds.IsMet(plan));
        double price = PricedPlanner.PriceOf(sites, plan);
        Assert.True(price >= best - 1e-9);
        return best > 0 ? (price / best) - 1 : price;
    }
}
