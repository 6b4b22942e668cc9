using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>Whether the price of a union is the sum of the prices of its parts.</summary>
/// <param name="NotMeasured">Why it was not measured; null if it was.</param>
internal sealed record AdditivityReport(string? NotMeasured)
{
    /// <summary>What was measured.</summary>
    public AdditivityMeasurement? Measured { get; init; }

    /// <summary>Samples that were watched.</summary>
    public int Samples { get; init; }

    /// <summary>Spearman of the prices that the plan was made from with the increase by each site alone at its planned width.</summary>
    public double RankCorrelation { get; init; }

    /// <summary>Passes of a second pricing; null where prices add up.</summary>
    public double? RepricePasses { get; init; }
}
