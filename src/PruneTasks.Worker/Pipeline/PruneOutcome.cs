using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What pruning gave.</summary>
internal sealed record PruneOutcome
{
    /// <summary>The pruned ONNX file, weights inside.</summary>
    public required byte[] Model { get; init; }

    /// <summary>What was looked at, in the model's order.</summary>
    public required IReadOnlyList<SiteReport> Sites { get; init; }

    /// <summary>What was left dense, and why.</summary>
    public required IReadOnlyList<RefusalReport> Refusals { get; init; }

    /// <summary>What was left out without changing a result; null if nothing was.</summary>
    public ExactRewrites? Exact { get; init; }

    /// <summary>Time of each stage, in order.</summary>
    public required IReadOnlyList<StageTime> Stages { get; init; }

    /// <summary>Largest absolute difference at any output between the masked dense graph and the file with the units removed; null if not checked.</summary>
    public double? MaskedDifference { get; init; }

    /// <summary>Warnings for the build, without errors: those are thrown.</summary>
    public IReadOnlyList<PruneDiagnostic> Diagnostics { get; init; } = [];
}
