namespace PruneTasks.Torch.Pricing;

/// <summary>Where the prices of sites come from.</summary>
public enum PriceSource
{
    /// <summary>The change of the output at several levels of each site.</summary>
    Curves,

    /// <summary>The change of the output at one level of each site.</summary>
    Level,

    /// <summary>The local error alone, as a share of what the site carries.</summary>
    Tails,

    /// <summary>The change of the output to second order, from gradients: directional Fisher.</summary>
    Fisher,

    /// <summary>Random subsets and sparse recovery.</summary>
    Probes,
}

/// <summary>One row of the table of price sources.</summary>
/// <param name="Source">The source.</param>
/// <param name="Name">What <c>prune.prices</c> calls it.</param>
/// <param name="Words">What is measured, for reports.</param>
public sealed record PriceSourceRow(PriceSource Source, string Name, string Words);

/// <summary>The table of price sources.</summary>
public static class PriceSources
{
    /// <summary>One row for each source.</summary>
    public static IReadOnlyList<PriceSourceRow> Rows { get; } =
    [
        new(PriceSource.Curves, "curves", "the change of the output when one site alone is narrowed, at several widths"),
        new(PriceSource.Level, "level", "the change of the output when one site alone is narrowed, at one width"),
        new(PriceSource.Tails, "tails", "what narrowing loses at the site itself, without a look at the output"),
        new(PriceSource.Fisher, "fisher", "the change of the output to second order, from gradients, at several widths"),
        new(PriceSource.Probes, "probes", "the change of the output when random groups of sites are narrowed together"),
    ];

    /// <summary>Row of a source.</summary>
    public static PriceSourceRow Of(PriceSource source) => Rows.Single(row => row.Source == source);
}
