using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What every plan of one job has in common.</summary>
/// <param name="Sites">Sites with the cost of one unit.</param>
/// <param name="Dense">Cost of the model before any unit goes.</param>
/// <param name="Left">Shares of the dense model that are left before.</param>
/// <param name="Options">Limits of widths.</param>
internal sealed record PlanSetup(IReadOnlyList<(PruneSite Site, Cost Cost)> Sites, Cost Dense, ModelShare Left, PlanOptions Options)
{
    /// <summary>Looks everything up once.</summary>
    public static PlanSetup Of(PruneJob job, PreparedModel model, ModelShare left)
    {
        ModelCost cost = CostModel.Of(model.Model, model.OneSample);
        return new PlanSetup(
            [.. model.Inventory.Sites.Select(s => (s, SiteCosts.Of(s, model.OneSample)))],
            new Cost(cost.Total.Macs, cost.Total.Parameters, (long)Math.Round(job.ModelLength * left.Bytes)),
            left,
            new PlanOptions(job.Spec.Prune.Align) { Shared = [.. SharedLayers.Of(model.Inventory.Sites, model.OneSample), .. KeyGroupCosts.Of(model.Inventory.Sites, model.OneSample)] });
    }

    /// <summary>Bounds, from shares of the dense model.</summary>
    public BudgetBounds Bounds(double? macs, double? parameters = null, double? bytes = null, double? latency = null) =>
        new(Share(macs, Left.Macs), Share(parameters, Left.Parameters), Share(bytes, Left.Bytes)) { Latency = latency };

    /// <summary>The same with widths in other steps.</summary>
    public PlanSetup Aligned(int align) => this with { Options = Options with { Align = align } };

    /// <summary>The share of the dense model's MACs that a plan leaves.</summary>
    public double MacsShare(PrunePlan plan) => Left.Macs * plan.Pruned.Macs / Math.Max(1, Dense.Macs);

    /// <summary>The share of the dense model's parameters that a plan leaves.</summary>
    public double ParametersShare(PrunePlan plan) => Left.Parameters * plan.Pruned.Parameters / Math.Max(1, Dense.Parameters);

    /// <summary>The share of the dense model's bytes that a plan leaves.</summary>
    public double BytesShare(PrunePlan plan) => Left.Bytes * plan.Pruned.Bytes / Math.Max(1, Dense.Bytes);

    /// <summary>All units stay.</summary>
    public PrunePlan Nothing() => new([.. Sites.Select(s => new SitePlan(s.Site, s.Cost, s.Site.Units))], Dense) { Shared = Options.Shared, Latency = Options.Latency };

    // What is left entirely is divided by nothing, so that no bit of a bound changes.
    private static double? Share(double? asked, double left) => asked is { } share ? left == 1 ? share : Math.Min(1, share / left) : null;
}
