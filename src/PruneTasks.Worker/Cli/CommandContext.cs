using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Cli;

/// <summary>Where commands write, so that they are tested in-process.</summary>
/// <param name="Output">Results, and the diagnostics of <c>prune</c> in MSBuild's canonical format.</param>
/// <param name="Error">Progress, and all other diagnostics, so that results can be piped.</param>
internal sealed record CommandContext(TextWriter Output, TextWriter Error)
{
    /// <summary>Prunes; null for the real one.</summary>
    public IPruningPipeline? Pipeline { get; init; }

    /// <summary>Asks for the columns of the terminal that <see cref="Error"/> is; null where it is none, and progress is plain lines. Not asked in a build.</summary>
    public Func<Func<int>?> Terminal { get; init; } = static () => null;
}
