namespace PruneTasks.Pruning;

/// <summary>All that a build in steps knows between two steps, but for the weights: with them a killed build goes on as if nothing had happened.</summary>
public sealed record StepState
{
    /// <summary>Units of each site that stay in the end: the plan that this belongs to.</summary>
    public required IReadOnlyList<int> Final { get; init; }

    /// <summary>How far it has come.</summary>
    public required StepProgress Progress { get; init; }

    /// <summary>Units of each site.</summary>
    public required IReadOnlyList<UnitBuffer> Buffers { get; init; }

    /// <summary>For each site the unexplained share of its target after the last refit; <see langword="null"/> if untouched.</summary>
    public required IReadOnlyList<double?> Errors { get; init; }

    /// <summary>Measured loss over the expected one, after the last accepted step; <see langword="null"/> before the first.</summary>
    public double? Surprise { get; init; }

    /// <summary>Attempts so far, accepted or not.</summary>
    public IReadOnlyList<StepOutcome> Outcomes { get; init; } = [];

    /// <summary>Before the first step.</summary>
    public static StepState Start(PrunePlan plan) => new()
    {
        Final = [.. plan.Sites.Select(s => s.Keep)],
        Progress = StepProgress.Start,
        Buffers = [.. plan.Sites.Select(s => UnitBuffer.Full(s.Site.Units))],
        Errors = [.. plan.Sites.Select(_ => (double?)null)],
    };

    /// <summary>The plan with the widths that are reached.</summary>
    public PrunePlan Reached(PrunePlan plan) => plan with { Sites = [.. plan.Sites.Select((s, i) => s with { Keep = s.Site.Units - Buffers[i].Removed.Count })] };
}
