namespace PruneTasks.Worker.Report;

/// <summary>What training after the build did.</summary>
internal sealed record DistillReport
{
    /// <summary>Steps that the spec asked for.</summary>
    public required int Asked { get; init; }

    /// <summary>Steps run.</summary>
    public required int Steps { get; init; }

    /// <summary>Loss on fit samples before and after: KL to the dense answer in nats, or squared difference over its variance.</summary>
    public required (double Before, double After) Fit { get; init; }

    /// <summary>The same on held-out samples; null without any.</summary>
    public (double Before, double After)? HoldOut { get; init; }

    /// <summary>Held-out samples.</summary>
    public int HoldOutSamples { get; init; }

    /// <summary>They are enough to stop training.</summary>
    public bool Veto { get; init; }

    /// <summary>Numbers trained.</summary>
    public long Parameters { get; init; }

    /// <summary>Samples that went through.</summary>
    public long Samples { get; init; }

    /// <summary>Some weights are other ones now.</summary>
    public bool Kept { get; init; }

    /// <summary>What was not trained, or not kept, and why.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}
