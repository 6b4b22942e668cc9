using PruneTasks.Pruning;

namespace PruneTasks.Worker.Pipeline;

/// <summary>A table of times with where it comes from.</summary>
/// <param name="Table">Share of the dense model's time that narrower sites save.</param>
/// <param name="Processor">Processor on which it was measured.</param>
/// <param name="FromCache">It was measured in an earlier run.</param>
/// <param name="Shapes">Different shapes of sites that were timed.</param>
internal sealed record MeasuredLatency(LatencyTable Table, string Processor, bool FromCache, int Shapes)
{
    /// <summary>What the reader has to know; null if nothing.</summary>
    public string? Note { get; init; }
}
