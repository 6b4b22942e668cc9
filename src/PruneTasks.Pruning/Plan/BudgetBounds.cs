using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What may remain of the dense model, as shares; several bounds hold at once.</summary>
public sealed record BudgetBounds(double? Macs, double? Parameters, double? Bytes)
{
    /// <summary>Share of the dense model's time for one sample on this machine; needs a <see cref="LatencyTable"/>.</summary>
    public double? Latency { get; init; }

    /// <summary>Whether <paramref name="plan"/> is within every bound.</summary>
    public bool IsMet(PrunePlan plan) =>
        IsMet(plan.Pruned, plan.Dense) && (Latency is not { } latency || plan.LatencyShare <= latency);

    /// <summary>Whether <paramref name="pruned"/> is within every bound but that of time.</summary>
    public bool IsMet(Cost pruned, Cost dense) =>
        pruned.Macs <= (Macs ?? 1) * dense.Macs && pruned.Parameters <= (Parameters ?? 1) * dense.Parameters && pruned.Bytes <= (Bytes ?? 1) * dense.Bytes;

    /// <summary>How much more a plan removes than the bound that is closest to it asks for, as a share of what that asks for; below 0 where it misses one, 0 without a bound.</summary>
    /// <param name="nothing">The plan that removes nothing.</param>
    /// <param name="plan">A plan.</param>
    internal double Excess(PrunePlan nothing, PrunePlan plan)
    {
        double[] each =
        [
            .. new (double? Share, Func<PrunePlan, double> Left)[]
            {
                (Macs, p => (double)p.Pruned.Macs / Math.Max(1, p.Dense.Macs)), (Parameters, p => (double)p.Pruned.Parameters / Math.Max(1, p.Dense.Parameters)),
                (Bytes, p => (double)p.Pruned.Bytes / Math.Max(1, p.Dense.Bytes)), (Latency, p => p.LatencyShare),
            }.Where(bound => bound.Share is not null && bound.Left(nothing) > bound.Share).Select(bound => (bound.Share!.Value - bound.Left(plan)) / (bound.Left(nothing) - bound.Share.Value)),
        ];
        return each.Length == 0 ? 0 : each.Min();
    }

    /// <summary>The bounds one by one.</summary>
    internal IReadOnlyList<Bound> Each(Cost dense, LatencyTable? table)
    {
        List<Bound> bounds = [];
        Add(Macs, c => c.Macs);
        Add(Parameters, c => c.Parameters);
        Add(Bytes, c => c.Bytes);
        if (Latency is { } latency) bounds.Add(new Bound(latency, table?.Start ?? 1, (site, keep) => table?.SavedBy(site.Site, keep) ?? 0, plan => plan.LatencyShare));
        return bounds;

        void Add(double? share, Func<Cost, long> of)
        {
            if (share is { } limit)
                bounds.Add(new Bound(limit, 1, (site, keep) => (double)of(site.Cost) * (site.Site.Units - keep) / of(dense), plan => (double)of(plan.Pruned) / of(dense)));
        }
    }
}

/// <summary>One bound.</summary>
/// <param name="Share">What may remain.</param>
/// <param name="Start">What there is before any unit goes.</param>
/// <param name="Saved">Share of the dense model that a site saves with so many units kept.</param>
/// <param name="Reached">What a plan leaves.</param>
internal sealed record Bound(double Share, double Start, Func<PricedSite, int, double> Saved, Func<PrunePlan, double> Reached);
