using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;

namespace PruneTasks.Torch.Building;

/// <summary>How a build in steps behaves.</summary>
/// <param name="Steps">Number of steps, at least 1.</param>
/// <param name="Capacity">Units that are half gated beyond those of the step, as a share of the step; 0 for no buffer.</param>
public sealed record StepSettings(int Steps, double Capacity)
{
    /// <summary>γ: how much of its own variation a unit in the buffer still passes on; its mean stays.</summary>
    public const double Gate = 0.5;

    /// <summary>Units of one step whose return is tried out on the samples held back.</summary>
    public const int Tried = 8;

    /// <summary>Multiples for feed-forward widths between the steps (<see cref="WidthGrid"/>).</summary>
    public int Align { get; init; } = 1;

    /// <summary>What the user allows.</summary>
    public StepLimits Limits { get; init; } = StepLimits.None;

    /// <summary>Of the bootstrap.</summary>
    public int Seed { get; init; }
}

/// <summary>Trains the network of an accepted step further, in place.</summary>
/// <param name="network">Weights to change.</param>
/// <param name="removals">Units that stay; weights of the others act no more and must stay so.</param>
/// <param name="step">Number of the attempt.</param>
/// <param name="cancellation">Ends it.</param>
public delegate void StepTraining(LoweredGraph network, IReadOnlyList<SiteRemoval> removals, int step, CancellationToken cancellation);

/// <summary>What a build in steps is given beside plan and samples.</summary>
public sealed record StepSupport
{
    /// <summary>Measures a network on samples held back; without it every step is accepted.</summary>
    public HoldOutProbe? HoldOut { get; init; }

    /// <summary>Loss expected of widths, from prices; <see langword="null"/> where there are none.</summary>
    public Func<PrunePlan, double?> Expected { get; init; } = static _ => null;

    /// <summary>Trains after each accepted step but the last.</summary>
    public StepTraining? Training { get; init; }

    /// <summary>Keeps accepted steps for a run that comes after this one was killed.</summary>
    public IStepStore? Store { get; init; }

    /// <summary>Takes one line for each attempt.</summary>
    public Action<string> Log { get; init; } = static _ => { };
}

/// <summary>An accepted step as it is kept: the weights that differ from the dense ones, in float32 whatever the file has.</summary>
public sealed record StepCheckpoint(StepState State, IReadOnlyList<KeyValuePair<Value, float[]>> Weights);

/// <summary>Keeps the last accepted step.</summary>
public interface IStepStore
{
    /// <summary>What was kept for this very build; <see langword="null"/> if nothing was.</summary>
    /// <param name="graph">To find weights by name.</param>
    /// <param name="plan">What is built; a checkpoint of another plan does not count.</param>
    StepCheckpoint? Load(Graph graph, PrunePlan plan);

    /// <summary>Replaces what was kept, at once.</summary>
    void Save(StepCheckpoint checkpoint);
}

/// <summary>Result of a build in steps.</summary>
/// <param name="Build">As of the sequential build.</param>
/// <param name="Plan">The widths that were reached.</param>
/// <param name="Complete">Whether these are the planned ones.</param>
/// <param name="Outcomes">All attempts, in order.</param>
public sealed record SteppedBuild(BuildResult Build, PrunePlan Plan, bool Complete, IReadOnlyList<StepOutcome> Outcomes);
