namespace PruneTasks.Spec;

/// <summary>What to remove, and how to decide. Exactly one of <see cref="Budget"/> and <see cref="Ratios"/> is set. Words are those of docs/spec.md.</summary>
public sealed record PruneSettings
{
    /// <summary>Seed of every random choice.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Labels or numbers of the classes to keep, as written; null means all.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>What may remain.</summary>
    public PruneBudget? Budget { get; init; } = new(0.5, null, null);

    /// <summary>Exactly this share removed.</summary>
    public PruneRatios? Ratios { get; init; }

    /// <summary>Work that changes no result is left out before anything is pruned.</summary>
    public bool Exact { get; init; } = true;

    /// <summary>Images are also used slightly moved until there are this many.</summary>
    public int Views { get; init; } = 1024;

    /// <summary>Whether moved images are also mirrored: <c>auto</c>, <c>always</c> or <c>never</c>.</summary>
    public string Flip { get; init; } = "auto";

    /// <summary>How a budget is spent: <c>measured</c> or <c>uniform</c>.</summary>
    public string Allocation { get; init; } = "measured";

    /// <summary>How prices are measured: <c>auto</c>, <c>curves</c>, <c>level</c>, <c>tails</c>, <c>fisher</c> or <c>probes</c>.</summary>
    public string Prices { get; init; } = "auto";

    /// <summary>Minutes that measuring may take, at a fixed nominal rate: no clock decides.</summary>
    public double Time { get; init; } = 3;

    /// <summary>Threads that sums are spread over: <c>any</c>, or <c>one</c> for the same bytes whatever the request allows.</summary>
    public string Threads { get; init; } = "any";

    /// <summary>How units are chosen and repaired: <c>sequential</c>, or a method to compare with.</summary>
    public string Method { get; init; } = "sequential";

    /// <summary>Whole layers may go.</summary>
    public bool Modules { get; init; } = true;

    /// <summary>How personal and common are told apart.</summary>
    public PartitionSettings Partition { get; init; } = new();

    /// <summary>Steps of the build.</summary>
    public BufferSettings Buffer { get; init; } = new(1, 0.25);

    /// <summary>Training after the build.</summary>
    public DistillSettings Distill { get; init; } = new(0);

    /// <summary>Pruned FFN widths are multiples of this, as far as the dense width is.</summary>
    public int Align { get; init; } = 8;
}

/// <summary>What may remain, as a share of dense in (0, 1]; null is no limit; all limits hold together.</summary>
/// <param name="Macs">Multiply-accumulates of one sample.</param>
/// <param name="Parameters">Parameters.</param>
/// <param name="Bytes">Bytes of the file.</param>
/// <param name="Latency">Time of one sample in ONNX Runtime, one thread.</param>
/// <param name="Auto">As small as <see cref="PruneSpec.Quality"/> allows; then no limit is set.</param>
public sealed record PruneBudget(double? Macs, double? Parameters, double? Bytes, double? Latency = null, bool Auto = false);

/// <summary>The share of units removed by kind, in [0, 1).</summary>
/// <param name="Ffn">FFN width.</param>
/// <param name="Qk">Query-key rank of each head.</param>
/// <param name="Vo">Value-output rank of each head.</param>
/// <param name="Channel">Channels of convolutions and of other groups of layers that share them.</param>
public sealed record PruneRatios(double Ffn, double Qk, double Vo, double Channel = 0);

/// <summary>How personal and common are told apart.</summary>
public sealed record PartitionSettings
{
    /// <summary><c>auto</c>: when there is common data; <c>on</c> or <c>off</c>.</summary>
    public string Probes { get; init; } = "auto";

    /// <summary>Random probes; 0 lets the number follow from the units.</summary>
    public int Count { get; init; }

    /// <summary><c>auto</c>, <c>lasso</c>, <c>omp</c> or <c>iht</c>.</summary>
    public string Solver { get; init; } = "auto";

    /// <summary>Resamples behind the intervals.</summary>
    public int Bootstrap { get; init; } = 200;

    /// <summary>Largest share removed from a common group, in [0, 1]; null is no limit.</summary>
    public double? CommonMax { get; init; }

    /// <summary>Largest share removed from a personal group, in [0, 1]; null is no limit.</summary>
    public double? PersonalMax { get; init; }
}

/// <summary>Steps of the build.</summary>
/// <param name="Steps">Steps to the final widths; 1 is at once.</param>
/// <param name="Capacity">Units that go half out beyond what a step needs, as a share of the step.</param>
public sealed record BufferSettings(int Steps, double Capacity);

/// <summary>Training after the build.</summary>
/// <param name="Steps">Training steps; 0 is none.</param>
public sealed record DistillSettings(int Steps);

/// <summary>What the pruned model must keep.</summary>
/// <param name="Metric"><c>agreement</c>, <c>top1</c>, <c>kl</c>, <c>cosine</c> or <c>perplexity</c>.</param>
/// <param name="MaxDrop">How much may be lost, in the unit that docs/spec.md gives for the metric.</param>
/// <param name="OnMiss"><c>error</c> or <c>warn</c>.</param>
public sealed record QualityContract(string Metric, double MaxDrop, string OnMiss);
