namespace PruneTasks.Worker.Report;

/// <summary>How the prices behind the plan were measured, and what they are.</summary>
internal sealed record PriceReport
{
    /// <summary>The source, as <c>prune.prices</c> calls it.</summary>
    public required string Source { get; init; }

    /// <summary>What it measures, in words.</summary>
    public required string Words { get; init; }

    /// <summary>Why this source.</summary>
    public required string Reason { get; init; }

    /// <summary>Forward passes over the watched samples.</summary>
    public required double Passes { get; init; }

    /// <summary>Samples on which the output was watched.</summary>
    public required int Samples { get; init; }

    /// <summary>Multiply-accumulates that it was counted to take.</summary>
    public required double Macs { get; init; }

    /// <summary>The price's unit: <c>kl</c> (nats), <c>nmse</c>, or <c>share</c> (of what the site carries).</summary>
    public required string Unit { get; init; }

    /// <summary>What was left out, and why: one line each.</summary>
    public IReadOnlyList<string> Shortened { get; init; } = [];

    /// <summary>One per site, in the model's order.</summary>
    public required IReadOnlyList<SitePriceReport> Sites { get; init; }
}

/// <summary>The price of one site.</summary>
/// <param name="Kind">As in <see cref="SiteReport"/>.</param>
/// <param name="Layer">As in <see cref="SiteReport"/>.</param>
/// <param name="Measured">Units kept and the price measured.</param>
/// <param name="Curve">[units kept, from 0] → price.</param>
/// <param name="Kept">Units that the plan keeps; null before there is a plan.</param>
internal sealed record SitePriceReport(string Kind, string Layer, IReadOnlyList<(int Keep, double Price)> Measured, IReadOnlyList<double> Curve, int? Kept = null);
