using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Native;
using PruneTasks.Torch.Probing;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What pruning gave.</summary>
internal sealed record PruneOutcome
{
    /// <summary>The pruned model.</summary>
    public required ModelImage Model { get; init; }

    /// <summary>What was looked at, in the model's order.</summary>
    public required IReadOnlyList<SiteReport> Sites { get; init; }

    /// <summary>What was left dense, and why.</summary>
    public required IReadOnlyList<RefusalReport> Refusals { get; init; }

    /// <summary>What was left out without changing a result; null if nothing was.</summary>
    public ExactRewrites? Exact { get; init; }

    /// <summary>Views beside the samples; null where there was nothing to prune.</summary>
    public ViewReport? Views { get; init; }

    /// <summary>What one thread costs; null where the spec does not ask for one, there are no more, or nothing was built.</summary>
    public ThreadCost? Threads { get; init; }

    /// <summary>Prices behind the plan; null if it needed none.</summary>
    public PriceReport? Prices { get; init; }

    /// <summary>How the budget was spent; null where that was not asked.</summary>
    public BudgetReport? Budget { get; init; }

    /// <summary>Whether prices add up; null where none were measured.</summary>
    public AdditivityReport? Additivity { get; init; }

    /// <summary>Personal and common sites; null without common data.</summary>
    public PartitionReport? Partition { get; init; }

    /// <summary>Prices from random sets of sites; null where another way was taken.</summary>
    public ProbedPrices? Probes { get; init; }

    /// <summary>Training after the build; null if the spec asks for none.</summary>
    public DistillReport? Distill { get; init; }

    /// <summary>Time of each stage, in order.</summary>
    public required IReadOnlyList<StageTime> Stages { get; init; }

    /// <summary>Largest absolute difference at any output between the masked dense graph and the file with the units removed; null if not checked.</summary>
    public double? MaskedDifference { get; init; }

    /// <summary>The steps of the build; null if it was made in one.</summary>
    public StepReport? Steps { get; init; }

    /// <summary>Warnings for the build, without errors: those are thrown.</summary>
    public IReadOnlyList<PruneDiagnostic> Diagnostics { get; init; } = [];
}
