namespace PruneTasks.Testing;

internal enum ConformanceStatus
{
    Passed,
    /// <summary>Refused before it ran, with a reason.</summary>
    Unsupported,
    /// <summary>Ran, and answered something else.</summary>
    Wrong,
    /// <summary>An error that nobody announced, or the end of the process.</summary>
    Crashed,
}

/// <summary>What became of one case.</summary>
/// <param name="Case">Name of the case.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Operators">Its operators, each once.</param>
/// <param name="Culprit">The operator that is not supported or failed, if it is known.</param>
/// <param name="Reason">Why it did not pass.</param>
internal sealed record ConformanceOutcome(string Case, ConformanceStatus Status, IReadOnlyList<string> Operators, string? Culprit = null, string? Reason = null);
