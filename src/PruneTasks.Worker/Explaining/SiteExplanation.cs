namespace PruneTasks.Worker.Explaining;

/// <summary>One width of a place.</summary>
/// <param name="Kept">Units kept.</param>
/// <param name="Price">What that costs by the curve; null where none was measured.</param>
/// <param name="Mark">Why it is listed: <c>dense</c>, <c>measured</c>, <c>chosen</c>, <c>equal shares</c>, <c>one more</c>, <c>one fewer</c>; several joined by a comma.</param>
internal sealed record WidthPrice(int Kept, double? Price, string Mark);

/// <summary>Why a place has the width that it has.</summary>
internal sealed record SiteExplanation
{
    /// <summary>Kind of unit.</summary>
    public required string Kind { get; init; }

    /// <summary>Block of the model; 0 where not numbered.</summary>
    public required int Block { get; init; }

    /// <summary>Name of the place.</summary>
    public required string Layer { get; init; }

    /// <summary>Heads that share the width.</summary>
    public required int Heads { get; init; }

    /// <summary>Units of the dense model.</summary>
    public required int Dense { get; init; }

    /// <summary>Units kept.</summary>
    public required int Kept { get; init; }

    /// <summary>Share of the layer's output lost after the refit; null where nothing was refitted.</summary>
    public double? Error { get; init; }

    /// <summary>The reasons, one sentence each.</summary>
    public required IReadOnlyList<string> Why { get; init; }

    /// <summary>The price curve at the widths worth a look, widest first; empty without prices.</summary>
    public required IReadOnlyList<WidthPrice> Prices { get; init; }

    /// <summary>What the prices are in, and how they were measured; null without prices.</summary>
    public string? PricedBy { get; init; }
}

/// <summary>What the report says about what the user asked for.</summary>
/// <param name="Report">The report's file.</param>
/// <param name="Sites">Places that match.</param>
/// <param name="Refusals">What was left dense there: node and reason.</param>
internal sealed record LayerExplanation(string Report, IReadOnlyList<SiteExplanation> Sites, IReadOnlyList<(string Node, string Reason)> Refusals);
