namespace PruneTasks.Worker.Cli;

/// <summary>What the process ends with. <see cref="All"/> is the table that docs/command-line.md shows.</summary>
internal static class ExitCode
{
    /// <summary>Done; there may be warnings.</summary>
    public const int Done = 0;

    /// <summary>Diagnostics with errors; nothing was written.</summary>
    public const int Failed = 1;

    /// <summary>The command line is not valid.</summary>
    public const int BadCommandLine = 2;

    /// <summary>An error of the worker itself (PRUNE0901).</summary>
    public const int InternalError = 3;

    /// <summary>Every code with its meaning.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Done, "done; there may be warnings"),
        (Failed, "errors, each with an id; nothing was written. Also after Ctrl-C"),
        (BadCommandLine, "the command line is not valid (PRUNE0912): an unknown option, an argument that names nothing, a file that is in the way"),
        (InternalError, "an error of PruneTasks itself (PRUNE0901), with the path of a log"),
    ];
}
