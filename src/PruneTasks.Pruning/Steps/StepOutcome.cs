using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What one step of a build did.</summary>
public sealed record StepOutcome
{
    /// <summary>Number of the attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Share of the plan's removal that it went to, 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>Cost of the whole model with the widths of this step.</summary>
    public required Cost Left { get; init; }

    /// <summary>Units removed in this step, all sites together.</summary>
    public required int Committed { get; init; }

    /// <summary>Units that were half gated and came back.</summary>
    public required int Restored { get; init; }

    /// <summary>Pairs of units for which a measurement overruled the local regret.</summary>
    public required int Swaps { get; init; }

    /// <summary>Accepted or not, and why.</summary>
    public required StepVerdict Verdict { get; init; }

    /// <summary>Mean agreement with the dense network on the samples held back; <see langword="null"/> where the answer is no distribution.</summary>
    public double? Agreement { get; init; }

    /// <summary>Mean loss after training on the accepted step; <see langword="null"/> without training.</summary>
    public double? LossAfterTraining { get; init; }

    /// <summary>Name of the site that a refusal froze.</summary>
    public string? Frozen { get; init; }
}
