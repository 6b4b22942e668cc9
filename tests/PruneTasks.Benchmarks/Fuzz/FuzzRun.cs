using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>How the mutants of one kind ended.</summary>
internal sealed class FuzzCounts
{
    /// <summary>Mutants tried.</summary>
    public int Files { get; set; }

    /// <summary>Taken through all steps.</summary>
    public int Read { get; set; }

    /// <summary>Refused, by the ids of the diagnostics.</summary>
    public SortedDictionary<string, int> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>Mutants on which something went wrong, with what.</summary>
    public List<(int Number, string What)> Crashed { get; } = [];

    /// <summary>Mutants that took too long.</summary>
    public List<int> Hung { get; } = [];

    /// <summary>Mutants that took too much memory, with how much.</summary>
    public List<(int Number, string What)> OverMemory { get; } = [];

    /// <summary>Files and folders that were left in the temporary folder.</summary>
    public List<string> LeftBehind { get; } = [];

    /// <summary>The longest that one mutant took.</summary>
    public (double Seconds, int Number) Slowest { get; set; }

    /// <summary>Largest resident set of a process.</summary>
    public long PeakBytes { get; set; }

    /// <summary>Nothing but read and refused.</summary>
    public bool IsClean => Crashed.Count + Hung.Count + OverMemory.Count + LeftBehind.Count == 0;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"files {Files}, read {Read}, refused {Refused.Values.Sum()}, crashed {Crashed.Count}, hung {Hung.Count}, over memory {OverMemory.Count}, left behind {LeftBehind.Count}");
}

/// <summary>Tries mutants in a process of their own that is started anew when it dies, hangs or grows, so that each is blamed on its mutant and the others are tried all the same.</summary>
internal sealed class FuzzRun(string kind, int seed, string? folder)
{
    /// <summary>A mutant that takes longer hangs.</summary>
    public const int MostSeconds = 10;

    /// <summary>Managed memory that one mutant may allocate, in total.</summary>
    public const long MostAllocated = 1L << 30;

    /// <summary>Growth of the resident set while one mutant is tried, beyond what the libraries take.</summary>
    public const long MostResident = 2L << 30;

    /// <summary>Tries mutants 0 to <paramref name="files"/> − 1, or from another first one.</summary>
    public FuzzCounts Run(int files, int first = 0)
    {
        var counts = new FuzzCounts();
        for (int next = first; next < first + files;) next = Child(next, first + files, counts);
        counts.Files = files;
        return counts;
    }

    private int Child(int from, int to, FuzzCounts counts)
    {
        DirectoryInfo temporary = Directory.CreateTempSubdirectory("prunetasks-fuzz-");
        string work = Path.Combine(temporary.FullName, "work"), temp = Path.Combine(temporary.FullName, "temp");
        Directory.CreateDirectory(work);
        Directory.CreateDirectory(temp);
        try
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
            string[] arguments =
            [
                "exec", Path.Combine(AppContext.BaseDirectory, "PruneTasks.Benchmarks.dll"), "fuzz-batch", "--kind", kind, "--seed", Text(seed), "--from", Text(from), "--to", Text(to), "--work", work,
                "--most", MostAllocated.ToString(CultureInfo.InvariantCulture), .. folder is null ? (string[])[] : ["--folder", folder],
            ];
            foreach (string argument in arguments) start.ArgumentList.Add(argument);
            // All of them, so that what is left behind is found on every system.
            foreach (string variable in new[] { "TMPDIR", "TMP", "TEMP" }) start.Environment[variable] = temp;
            start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
            // A small machine: what is allowed to be large is measured against this.
            start.Environment["DOTNET_GCHeapHardLimit"] = MostResident.ToString("x", CultureInfo.InvariantCulture);
            using Process process = Process.Start(start)!;
            int next = Watch(process, from, to, counts);
            process.WaitForExit();
            counts.LeftBehind.AddRange(Directory.EnumerateFileSystemEntries(temp, "*", SearchOption.AllDirectories).Where(entry => !IsOfTheRuntime(entry)).Select(Path.GetFileName)!);
            return next;
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    private static int Watch(Process process, int from, int to, FuzzCounts counts)
    {
        var lines = new BlockingCollection<string?>();
        var errors = new ConcurrentQueue<string>();
        process.OutputDataReceived += (_, line) => lines.Add(line.Data);
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text && errors.Count < 20) errors.Enqueue(text);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        int current = -1, done = from;
        long begun = Stopwatch.GetTimestamp(), resident = 0;
        while (true)
        {
            if (!lines.TryTake(out string? line, 50))
            {
                double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
                long now = Resident(process);
                counts.PeakBytes = Math.Max(counts.PeakBytes, now);
                // Loading the libraries is not a mutant's time.
                bool hung = seconds > (current < 0 ? 12 : 1) * MostSeconds, large = current >= 0 && now - resident > MostResident;
                if (!hung && !large) continue;
                process.Kill(entireProcessTree: true);
                if (current < 0) throw new InvalidOperationException($"the process does not begin: {string.Join(' ', errors)}");
                if (hung) counts.Hung.Add(current);
                else counts.OverMemory.Add((current, $"{(now - resident) >> 20} MiB resident"));
                return current + 1;
            }
            if (line is null)
            {
                if (done >= to) return to;
                if (current < 0) throw new InvalidOperationException($"the process does not begin: {string.Join(' ', errors)}");
                process.WaitForExit();
                counts.Crashed.Add((current, $"the process ended with {process.ExitCode}: {string.Join(" | ", errors)}"));
                return current + 1;
            }
            if (!line.StartsWith(FuzzBatch.Mark, StringComparison.Ordinal)) continue;
            string[] words = line[1..].Split(' ', 3);
            int number = int.Parse(words[1], CultureInfo.InvariantCulture);
            if (words[0] == "begin")
            {
                if (current < 0) resident = Resident(process);
                (current, begun) = (number, Stopwatch.GetTimestamp());
                continue;
            }
            done = number + 1;
            double taken = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            if (taken > counts.Slowest.Seconds) counts.Slowest = (taken, number);
            Count(number, words[2], counts);
        }
    }

    private static void Count(int number, string outcome, FuzzCounts counts)
    {
        if (outcome == "read") counts.Read++;
        else if (outcome.StartsWith("crash ", StringComparison.Ordinal)) counts.Crashed.Add((number, outcome[6..]));
        else if (outcome.StartsWith("memory ", StringComparison.Ordinal)) counts.OverMemory.Add((number, outcome[7..]));
        else counts.Refused[outcome] = counts.Refused.GetValueOrDefault(outcome) + 1;
    }

    private static long Resident(Process process)
    {
        try
        {
            process.Refresh();
            return process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // It has just ended.
        }
    }

    // The .NET runtime's own: its diagnostics port, and what it needs to talk to a debugger.
    private static bool IsOfTheRuntime(string entry) =>
        Path.GetFileName(entry) is var name && (name.StartsWith("dotnet-diagnostic", StringComparison.Ordinal) || name.StartsWith("clr-debug-pipe", StringComparison.Ordinal) || name is ".dotnet" or "shm" or "lockfiles" or "global");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
