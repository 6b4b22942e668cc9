namespace PruneTasks.Pruning;

/// <summary>What limits a plan apart from its bounds.</summary>
/// <param name="Align">See <see cref="WidthGrid"/>.</param>
public sealed record PlanOptions(int Align)
{
    /// <summary>Layers between two sites (<see cref="SharedLayers"/>).</summary>
    public IReadOnlyList<SharedLayer> Shared { get; init; } = [];

    /// <summary>Fewest units that must stay at a site; sites without an entry may go down to the narrowest width.</summary>
    public IReadOnlyDictionary<PruneSite, int> Minimum { get; init; } = new Dictionary<PruneSite, int>();

    /// <summary>
    /// Sites that may lose all units, so that their branch becomes a constant: feed-forward widths, and value-output ranks, which take the
    /// query-key rank of the same attention layer along. Their curve must have a price for 0 units.
    /// </summary>
    public IReadOnlySet<PruneSite> Vanishing { get; init; } = new HashSet<PruneSite>();

    /// <summary>Measured time; needed for <see cref="BudgetBounds.Latency"/>.</summary>
    public LatencyTable? Latency { get; init; }

    /// <summary>Widths that a site may have, ascending; never 0.</summary>
    public IReadOnlyList<int> Widths(PruneSite site) => WidthGrid.Of(site, Align, Minimum.TryGetValue(site, out int least) ? least : 1);
}
