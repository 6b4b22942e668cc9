using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>How many units of a site stay.</summary>
public sealed record SitePlan(PruneSite Site, Cost Cost, int Keep)
{
    /// <summary>Units that go.</summary>
    public int Remove => Site.Units - Keep;
}

/// <summary>Which units of a site stay, ascending; decided by ranking after the plan.</summary>
public sealed record SiteRemoval(PruneSite Site, IReadOnlyList<int> Kept);

/// <summary>Widths for every site, before it is decided which units go.</summary>
/// <param name="Sites">One entry per site, in topological order.</param>
/// <param name="Dense">Cost of the whole dense model.</param>
public sealed record PrunePlan(IReadOnlyList<SitePlan> Sites, Cost Dense)
{
    /// <summary>Layers of which two sites remove, so that their costs overlap.</summary>
    public IReadOnlyList<SharedLayer> Shared { get; init; } = [];

    /// <summary>Measured time; null where none was measured.</summary>
    public LatencyTable? Latency { get; init; }

    /// <summary>Expected share of the dense model's time; 1 without a table.</summary>
    public double LatencyShare => Latency is null ? 1 : Latency.Start - Sites.Sum(s => Latency.SavedBy(s.Site, s.Keep));

    /// <summary>Cost of the whole model after removal.</summary>
    public Cost Pruned
    {
        get
        {
            Dictionary<PruneSite, int> removed = Sites.ToDictionary(s => s.Site, s => s.Remove, (IEqualityComparer<PruneSite>)ReferenceEqualityComparer.Instance);
            Cost cost = Sites.Aggregate(Dense, (c, s) => new Cost(
                c.Macs - (s.Cost.Macs * s.Remove), c.Parameters - (s.Cost.Parameters * s.Remove), c.Bytes - (s.Cost.Bytes * s.Remove)));
            return Shared.Aggregate(cost, (c, layer) => c + layer.CountedTwice(site => removed[site]));
        }
    }
}
