using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Tests.Pipeline;

public sealed class AutoBudgetTests
{
    /// <summary>Price (1 − share)², from 0.2 up.</summary>
    private static readonly BudgetCurve Curve = new([.. Enumerable.Range(0, 17).Select(i => 0.2 + (0.05 * i)).Select(share => (share, Math.Pow(1 - share, 2)))]);

    [Theory]
    [InlineData(0.5, 1.0)]
    [InlineData(0.5, 3.0)]
    [InlineData(1.0, 0.2)]
    [InlineData(0.5, 0.1)]
    public void The_smallest_share_that_keeps_the_limit_is_found_although_prices_are_off(double exponent, double truth)
    {
        foreach (double limit in new[] { 0.02, 0.1, 0.3 })
        {
            double Drop(double share) => truth * Math.Pow(Math.Pow(1 - share, 2), exponent);
            double best = Enumerable.Range(20, 81).Select(i => i / 100.0).First(share => Drop(share) <= limit + 1e-12);
            (object? built, double found, IReadOnlyList<AutoTrial> trials) = AutoBudget.Search<object>(Curve, limit, exponent, 12, share => (share, Drop(share)));
            if (best > 0.985) continue;
            Assert.NotNull(built);
            Assert.Equal(found, (double)built, 9);
            Assert.InRange(found, best - 1e-9, best + 0.0151);
            Assert.All(trials, t => Assert.Equal(t.Drop <= limit, t.Met));
        }
    }

    [Fact]
    public void A_right_price_curve_needs_few_builds()
    {
        int builds = 0;
        (_, double found, _) = AutoBudget.Search<object>(Curve, 0.04, 1, 12, share =>
        {
            builds++;
            return (share, Math.Pow(1 - share, 2));
        });
        Assert.InRange(found, 0.8, 0.83);
        Assert.InRange(builds, 2, 6);
    }

    [Fact]
    public void Nothing_is_delivered_where_nothing_keeps_the_limit_and_the_work_is_limited()
    {
        (object? best, _, IReadOnlyList<AutoTrial> trials) = AutoBudget.Search<object>(Curve, 0.01, 0.5, 3, share => (share, 0.9));
        Assert.Null(best);
        Assert.Equal(3, trials.Count);
        Assert.True(trials[1].Share > trials[0].Share && trials[2].Share > trials[1].Share);
    }

    [Fact]
    public void The_smallest_model_is_found_where_everything_keeps_the_limit()
    {
        (object? best, double share, IReadOnlyList<AutoTrial> trials) = AutoBudget.Search<object>(Curve, 1, 1, 12, s => (s, 0));
        Assert.NotNull(best);
        Assert.InRange(share, 0.2, 0.215);
        Assert.All(trials, t => Assert.InRange(t.Share, 0.2 - 1e-9, 1));
    }

    [Fact]
    public void The_budget_that_would_fit_follows_the_price_curve()
    {
        BudgetReport report = new() { Allocation = "measured", Bounds = [new("macs", 0.5, 0.5)], Curve = Curve };
        // KL follows the price: a quarter of it is half as far from dense.
        Assert.Equal(new FittingBudget("macs", 0.75), report.Fitting("kl", 0.4, 0.1));
        // Changed answers follow its square root.
        Assert.Equal(new FittingBudget("macs", 0.75), report.Fitting("agreement", 0.2, 0.1));
        Assert.Equal(new FittingBudget("macs", 1), report.Fitting("agreement", 0.2, 0));
        Assert.Null((report with { Curve = null }).Fitting("kl", 0.4, 0.1));
    }
}
