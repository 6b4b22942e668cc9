using PruneTasks.Pruning;

namespace PruneTasks.Torch.Pricing;

/// <summary>How prices are measured.</summary>
public sealed record PriceSettings
{
    /// <summary>What is watched.</summary>
    public required WatchedOutputs Output { get; init; }

    /// <summary>How it is compared.</summary>
    public required Observation Observation { get; init; }

    /// <summary>What is measured; not <see cref="PriceSource.Probes"/>, which is not measured site by site.</summary>
    public PriceSource Source { get; init; } = PriceSource.Curves;

    /// <summary>Levels at which a site is tried, as shares of its units kept.</summary>
    public IReadOnlyList<double> Levels { get; init; } = [0.75, 0.5, 0.35, 0.2, 0.1];

    /// <summary>Samples on which the output is watched; whole batches of them, spread over all.</summary>
    public int Watched { get; init; } = 64;

    /// <summary>Samples from which the statistics of the trial compressions come; a price needs less precision than the build.</summary>
    public int Statistics { get; init; } = 256;

    /// <summary>How many of the samples, the first ones, are distinct and not views of others; <see langword="null"/> = all.</summary>
    public int? Distinct { get; init; }

    /// <summary>
    /// Trials are watched on samples that their statistics have not seen, a third of all at most: else a layer with many weights looks as if it could make up for what it
    /// has only learnt by heart (docs/decisions/0054).
    /// </summary>
    public bool Apart { get; init; }

    /// <summary>[node] → share of a forward pass that starts there, for counting; by the number of nodes where not given.</summary>
    public IReadOnlyList<double>? Behind { get; init; }

    /// <summary>Answers drawn for each sample by <see cref="PriceSource.Fisher"/>.</summary>
    public int Draws { get; init; } = 4;

    /// <summary>Seed of these draws.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Told how many trials are done, of at most how many; may be <see langword="null"/>.</summary>
    public Action<int, int>? Progress { get; init; }
}

/// <summary>The price of one site.</summary>
/// <param name="Curve">For every width.</param>
/// <param name="Measured">Widths at which something was measured, and what; empty where the local error is all there is.</param>
public sealed record SitePrice(PriceCurve Curve, IReadOnlyList<(int Keep, double Price)> Measured);

/// <summary>Prices of all sites.</summary>
/// <param name="Sites">One per site, in the order given.</param>
/// <param name="Passes">Forward passes over the watched samples that it took: a run from the middle of the network counts as the share of multiply-accumulates behind it, a gradient as two.</param>
/// <param name="Samples">Watched samples.</param>
public sealed record SitePrices(IReadOnlyList<SitePrice> Sites, double Passes, int Samples)
{
    /// <summary>The curves alone.</summary>
    public IReadOnlyList<PriceCurve> Curves => [.. Sites.Select(s => s.Curve)];
}
