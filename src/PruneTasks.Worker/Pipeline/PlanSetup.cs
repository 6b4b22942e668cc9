using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What every plan of one job has in common.</summary>
/// <param name="Sites">Sites with the cost of one unit.</param>
/// <param name="Dense">Cost of the model before any unit goes.</param>
/// <param name="MacsLeft">Share of the dense model's MACs that exact rewrites left.</param>
/// <param name="Options">Limits of widths.</param>
internal sealed record PlanSetup(IReadOnlyList<(PruneSite Site, Cost Cost)> Sites, Cost Dense, double MacsLeft, PlanOptions Options)
{
    /// <summary>Looks everything up once.</summary>
    public static PlanSetup Of(PruneJob job, PreparedModel model, double macsLeft)
    {
        ModelCost cost = CostModel.Of(model.Model, model.OneSample);
        return new PlanSetup(
            [.. model.Inventory.Sites.Select(s => (s, SiteCosts.Of(s, model.OneSample)))],
            new Cost(cost.Total.Macs, cost.Total.Parameters, job.ModelLength),
            macsLeft,
            new PlanOptions(job.Spec.Prune.Align) { Shared = SharedLayers.Of(model.Inventory.Sites, model.OneSample) });
    }

    /// <summary>Bounds in which the share of MACs is one of the model before exact rewrites.</summary>
    public BudgetBounds Bounds(double? macs, double? parameters = null, double? bytes = null, double? latency = null) =>
        new(macs is { } share ? Math.Min(1, share / MacsLeft) : null, parameters, bytes) { Latency = latency };

    /// <summary>The same with widths in other steps.</summary>
    public PlanSetup Aligned(int align) => this with { Options = Options with { Align = align } };

    /// <summary>The share of the dense model's MACs that a plan leaves.</summary>
    public double MacsShare(PrunePlan plan) => MacsLeft * plan.Pruned.Macs / Math.Max(1, Dense.Macs);

    /// <summary>All units stay.</summary>
    public PrunePlan Nothing() => new([.. Sites.Select(s => new SitePlan(s.Site, s.Cost, s.Site.Units))], Dense) { Shared = Options.Shared, Latency = Options.Latency };
}
