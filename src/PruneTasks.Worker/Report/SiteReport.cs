namespace PruneTasks.Worker.Report;

/// <summary>One place of the model that was looked at for pruning.</summary>
internal sealed record SiteReport
{
    /// <summary>Kind of unit: <c>ffn</c>, <c>qk</c> or <c>vo</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Block of the model, from 1 (<see cref="BlockNumbers"/>); 0 where not numbered.</summary>
    public int Block { get; init; }

    /// <summary>Where it is: the value after the last layer involved.</summary>
    public required string Layer { get; init; }

    /// <summary>Units in the dense model. For <c>qk</c> and <c>vo</c>: the rank of one head.</summary>
    public required int UnitsDense { get; init; }

    /// <summary>Units left.</summary>
    public required int UnitsKept { get; init; }

    /// <summary>Heads that share the rank; 1 for <c>ffn</c>.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Share of the site's output that pruning and refit lose on the calibration samples (normalised squared error); null if not estimated.</summary>
    public double? Error { get; init; }

    /// <summary>Units removed.</summary>
    public int UnitsRemoved => UnitsDense - UnitsKept;
}

/// <summary>A place that was left dense, and why.</summary>
/// <param name="Node">The node that stops pruning, as <c>Operator 'name'</c>.</param>
/// <param name="Reason">Typed reason in words.</param>
internal sealed record RefusalReport(string Node, string Reason);

/// <summary>What one stage of the run took.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="PeakBytes">Largest resident memory of the process up to its end, libraries included; 0 where the system does not tell.</param>
internal sealed record StageTime(string Name, double Seconds, long PeakBytes = 0);
