using PruneTasks.Torch.Native;
using PruneTasks.Torch.Probing;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>All that is said about one run; written as report.json and report.html.</summary>
internal sealed record PruneReport
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Version of PruneTasks.</summary>
    public required string Version { get; init; }

    /// <summary>What the spec asked for: key and value as read, defaults included, in the order of docs/spec.md.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Spec { get; init; }

    /// <summary>Seed of every random choice.</summary>
    public required int Seed { get; init; }

    /// <summary>The dense model.</summary>
    public required ModelFacts Dense { get; init; }

    /// <summary>The pruned model.</summary>
    public required ModelFacts Pruned { get; init; }

    /// <summary>The data that decided.</summary>
    public required CalibrationFacts Calibration { get; init; }

    /// <summary>What was looked at, in the model's order.</summary>
    public required IReadOnlyList<SiteReport> Sites { get; init; }

    /// <summary>What was left dense, and why.</summary>
    public required IReadOnlyList<RefusalReport> Refusals { get; init; }

    /// <summary>Dense against pruned, one entry per set of samples.</summary>
    public required IReadOnlyList<SetEvaluation> Evaluations { get; init; }

    /// <summary>How the model stands to the spec's contract; null without one.</summary>
    public QualityReport? Quality { get; init; }

    /// <summary>How the budget was spent; null where that is not known.</summary>
    public BudgetReport? Budget { get; init; }

    /// <summary>Times of one run; null if not measured.</summary>
    public Latency? Latency { get; init; }

    /// <summary>Views beside the samples; null where there was nothing to prune.</summary>
    public ViewReport? Views { get; init; }

    /// <summary>What one thread costs; null where the spec does not ask for one, there are no more, or nothing was built.</summary>
    public ThreadCost? Threads { get; init; }

    /// <summary>What was left out without changing a result; null if nothing was.</summary>
    public ExactRewrites? Exact { get; init; }

    /// <summary>Prices behind the plan; null if it needed none.</summary>
    public PriceReport? Prices { get; init; }

    /// <summary>Training after the build; null if the spec asks for none.</summary>
    public DistillReport? Distill { get; init; }

    /// <summary>Largest difference between the masked dense graph and the pruned file; null if not checked.</summary>
    public double? MaskedDifference { get; init; }

    /// <summary>Whether prices add up; null where none were measured.</summary>
    public AdditivityReport? Additivity { get; init; }

    /// <summary>Personal and common sites; null without common data.</summary>
    public PartitionReport? Partition { get; init; }

    /// <summary>Prices from random sets of sites; null where another way was taken.</summary>
    public ProbedPrices? Probes { get; init; }

    /// <summary>The steps of the build; null if it was made in one.</summary>
    public StepReport? Steps { get; init; }

    /// <summary>Time of each stage, in order.</summary>
    public required IReadOnlyList<StageTime> Stages { get; init; }

    /// <summary>Warnings in words, in order.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Share of the dense model's MACs that is gone.</summary>
    public double MacsRemoved => Dense.Macs > 0 ? 1 - ((double)Pruned.Macs / Dense.Macs) : 0;

    /// <summary>1 / (1 − share of MACs removed): the most that pruning can speed up, if all time went into MACs.</summary>
    public double SpeedBound => 1 / (1 - MacsRemoved);
}

/// <summary>Facts about one model file.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Parameters">Numbers in its weights.</param>
/// <param name="Macs">Multiply-accumulates of one run at batch 1.</param>
/// <param name="Sha256">Lower-case hex.</param>
internal sealed record ModelFacts(long Bytes, long Parameters, long Macs, string Sha256);

/// <summary>The data that decided.</summary>
/// <param name="Samples">Samples used to rank and refit.</param>
/// <param name="Common">How many of these are of <c>data.common</c>.</param>
/// <param name="HoldOut">Samples held back.</param>
/// <param name="Skipped">Files skipped because they do not decode.</param>
/// <param name="ContentHash">SHA-256 over the contents of the samples used.</param>
/// <param name="OtherClasses">Samples left out, because they are of classes that are not kept.</param>
internal sealed record CalibrationFacts(int Samples, int Common, int HoldOut, int Skipped, string ContentHash, int OtherClasses = 0);

/// <summary>Dense against pruned on one set.</summary>
/// <param name="Set"><c>hold-out</c>, <c>calibration</c> (where nothing could be held back) or <c>test</c>.</param>
/// <param name="Path">The data's path as the spec has it.</param>
/// <param name="Result">The comparison.</param>
internal sealed record SetEvaluation(string Set, string Path, Comparison Result);
