using System.Diagnostics;
using System.Text;
using PruneTasks.BuildTesting;

namespace PruneTasks.WorkerRuns;

/// <summary>What a run of the worker gave.</summary>
/// <param name="ExitCode">0 done, 1 diagnostics, 2 bad command line, 3 internal error.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error: progress.</param>
/// <param name="Seconds">From start to end of the process.</param>
/// <param name="PeakBytes">Largest resident set, libraries included; looked at every 20 ms.</param>
internal sealed record WorkerRun(int ExitCode, string Output, string Error, double Seconds, long PeakBytes)
{
    /// <summary>Largest part of the resident set that no file backs, which the system cannot let go of; 0 where it does not tell (Linux: RssAnon, proc(5)).</summary>
    public long PeakPrivateBytes { get; init; }

    /// <summary>This run, if it succeeded.</summary>
    public WorkerRun Succeeded() => ExitCode == 0 ? this : throw new InvalidOperationException($"the worker ended with {ExitCode}:\n{Output}{Error}");
}

/// <summary>Runs the worker as the build does: in a process of its own, as built beside the caller in the same configuration.</summary>
internal static class WorkerProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs to the end.</summary>
    public static Task<WorkerRun> Run(params IEnumerable<string> arguments) => Run(Limit, arguments);

    /// <summary>Runs to the end, or for some time.</summary>
    /// <exception cref="TimeoutException">It did not end in time; it was ended with all that it started.</exception>
    public static async Task<WorkerRun> Run(TimeSpan limit, params IEnumerable<string> arguments)
    {
        string worker = Repository.BuildOutput("src", "PruneTasks.Worker", "net8.0", "PruneTasks.Worker.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["exec", worker, .. arguments]) start.ArgumentList.Add(argument);
        var output = new StringBuilder();
        var error = new StringBuilder();
        long begin = Stopwatch.GetTimestamp();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => error.AppendLine(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Task end = process.WaitForExitAsync();
        long peak = 0, ours = 0;
        while (await Task.WhenAny(end, Task.Delay(20)) != end)
        {
            peak = Math.Max(peak, Peak(process));
            ours = Math.Max(ours, Private(process.Id));
            if (Stopwatch.GetElapsedTime(begin) < limit) continue;
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"the worker does not end:\n{output}{error}");
        }
        await end;
        return new WorkerRun(process.ExitCode, output.ToString(), error.ToString(), Stopwatch.GetElapsedTime(begin).TotalSeconds, peak) { PeakPrivateBytes = ours };
    }

    private static long Private(int id)
    {
        try
        {
            string? line = OperatingSystem.IsLinux() ? File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)) : null;
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], System.Globalization.CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0; // It has just ended.
        }
    }

    private static long Peak(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // It has just ended.
        }
    }
}
