using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Measured prices, and what a uniform plan under the same bounds would be.</summary>
internal sealed record Allocation(IReadOnlyList<PricedSite> Sites, PrunePlan Uniform);

/// <summary>Puts the report on a plan together.</summary>
internal static class BudgetReports
{
    /// <summary>The report on <paramref name="plan"/>.</summary>
    /// <param name="how">How it was made.</param>
    /// <param name="setup">What all plans share.</param>
    /// <param name="budget">What was asked for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="allocation">Prices, where they were measured.</param>
    /// <param name="latency">The table of times, where there is one.</param>
    public static BudgetReport Of(string how, PlanSetup setup, PruneBudget budget, PrunePlan plan, Allocation? allocation, MeasuredLatency? latency) => new()
    {
        Allocation = how,
        Bounds = Bounds(setup, budget, plan, latency),
        Sites = [.. plan.Sites.Select((s, i) => Site(s, allocation?.Uniform.Sites[i].Keep, allocation?.Sites[i].Curve))],
        Price = allocation is null ? null : PricedPlanner.PriceOf(allocation.Sites, plan),
        UniformPrice = allocation is null ? null : PricedPlanner.PriceOf(allocation.Sites, allocation.Uniform),
        Curve = allocation is null ? null : BudgetCurve.Of(setup, allocation.Sites),
        Latency = latency is null ? null : new ExpectedLatency(plan.LatencyShare, null, latency.Processor, latency.FromCache, latency.Shapes),
        Notes = latency?.Note is { } note ? [note] : [],
    };

    private static IReadOnlyList<BoundReport> Bounds(PlanSetup setup, PruneBudget budget, PrunePlan plan, MeasuredLatency? latency)
    {
        List<BoundReport> bounds =
        [
            new("macs", budget.Macs, setup.MacsShare(plan)),
            new("parameters", budget.Parameters, setup.ParametersShare(plan)),
            new("bytes", budget.Bytes, setup.BytesShare(plan)),
        ];
        if (latency is not null) bounds.Add(new("latency", budget.Latency, plan.LatencyShare));
        return bounds;
    }

    private static SiteBudget Site(SitePlan plan, int? uniform, PriceCurve? curve) => new(
        plan.Site.Kind.ToSpecName(), plan.Site.Name, plan.Site.Units, plan.Keep, uniform, curve?.Prices[plan.Keep], uniform is { } keep ? curve?.Prices[keep] : null);
}
