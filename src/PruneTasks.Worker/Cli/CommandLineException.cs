namespace PruneTasks.Worker.Cli;

/// <summary>An argument is well-formed, but names nothing that there is, or something that may not be touched: PRUNE0912, exit code 2.</summary>
internal sealed class CommandLineException(string problem) : Exception(problem);
