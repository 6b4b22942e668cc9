namespace PruneTasks.Worker.Cli;

/// <summary>What the process ends with.</summary>
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
}
