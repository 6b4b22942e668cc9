using PruneTasks.Onnx;
using PruneTasks.Torch.Pricing;

namespace PruneTasks.Torch.Distillation;

/// <summary>How a pruned network is trained towards the dense one.</summary>
public sealed record DistillOptions
{
    /// <summary>Training steps.</summary>
    public required int Steps { get; init; }

    /// <summary>How the first output is compared; further ones by squared error.</summary>
    public required Observation Observation { get; init; }

    /// <summary>Samples of one step.</summary>
    public int Batch { get; init; } = 48;

    /// <summary>Adam's rate at the start; it falls to zero in a straight line.</summary>
    public double Rate { get; init; } = 3e-4;

    /// <summary>Seed of the order of the samples.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Told how many steps are done, of how many; may be <see langword="null"/>.</summary>
    public Action<int, int>? Progress { get; init; }
}

/// <summary>What training did.</summary>
public sealed record DistillOutcome
{
    /// <summary>Steps run; fewer than asked where held-out samples stopped it.</summary>
    public required int Steps { get; init; }

    /// <summary>Loss on fit samples before.</summary>
    public double LossBefore { get; init; }

    /// <summary>Loss on the same samples after.</summary>
    public double LossAfter { get; init; }

    /// <summary>Loss on held-out samples before; null without any.</summary>
    public double? HoldOutBefore { get; init; }

    /// <summary>Loss on held-out samples after.</summary>
    public double? HoldOutAfter { get; init; }

    /// <summary>Held-out samples.</summary>
    public int HoldOutSamples { get; init; }

    /// <summary>Numbers that were trained.</summary>
    public long Parameters { get; init; }

    /// <summary>Samples that went through, with a gradient: each costs about three forward runs, and one more of the dense network.</summary>
    public long Samples { get; init; }

    /// <summary>Constants that have another content now; empty if the weights from before were kept.</summary>
    public IReadOnlyList<Value> Changed { get; init; } = [];

    /// <summary>What was not trained, or not kept, and why: one line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}
