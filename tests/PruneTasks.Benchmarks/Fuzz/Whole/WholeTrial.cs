using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Cli;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Fuzz.Whole;

/// <summary>Takes one mutant through all that the worker of a build does, from its request to its result, in this process.</summary>
internal static class WholeTrial
{
    /// <summary>Taken to the end, with units removed.</summary>
    public const string Pruned = "pruned";

    /// <summary>Taken to the end, with nothing removed.</summary>
    public const string Dense = "dense";

    /// <summary>Runs it.</summary>
    /// <returns><see cref="Pruned"/>, <see cref="Dense"/>, or the ids of the diagnostics that refuse it.</returns>
    /// <exception cref="InvalidDataException">What came out is neither a result nor an error with an id, or more than that was left behind.</exception>
    public static string Run(WholeFiles files, TextWriter progress)
    {
        using var output = new StringWriter();
        int code = RequestRun.UntilSignal(files.Request, new CommandContext(output, progress));
        if (code is not (ExitCode.Done or ExitCode.Failed)) throw new InvalidDataException($"exit code {code}: {Log(output.ToString())}");
        string stamp = Path.Combine(files.Output, "result.json");
        PruneResult result = File.Exists(stamp) ? PruneResult.Parse(File.ReadAllText(stamp)) : throw new InvalidDataException($"exit code {code} without a result: {output}");
        if (result.Success != (code == ExitCode.Done)) throw new InvalidDataException($"exit code {code}, but the result says {result.Summary}");
        string[] expected = code == ExitCode.Failed ? [stamp] : [stamp, result.Files!.Model, result.Files.Manifest, result.Files.Report, result.Files.Html];
        string[] found = [.. Directory.EnumerateFileSystemEntries(files.Output, "*", SearchOption.AllDirectories)];
        if (found.Length != expected.Length || found.Except(expected).Any()) throw new InvalidDataException($"its folder holds {string.Join(", ", found.Select(Path.GetFileName))}");
        if (code == ExitCode.Done) return new PruneOutput(files.Output, WholeFiles.Name).Removed.Any(site => site.Removed > 0) ? Pruned : Dense;
        string[] ids = [.. result.Diagnostics.Where(d => d.IsError).Select(d => d.Id).Distinct().Order(StringComparer.Ordinal)];
        return ids.Length > 0 && !ids.Contains(PruneDiagnostics.InternalError.Id) ? string.Join('+', ids) : throw new InvalidDataException($"failed without an error that says why: {output}");
    }

    // An error of the worker itself is in a file, which it names.
    private static string Log(string output)
    {
        string log = Path.Combine(Path.GetTempPath(), $"prunetasks-{Environment.ProcessId}.log");
        if (!File.Exists(log)) return output;
        string text = File.ReadAllText(log);
        File.Delete(log);
        return text;
    }
}
