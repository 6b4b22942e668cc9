using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using PruneTasks.Benchmarks.Fuzz.Whole;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Tries mutants in a process of their own that is started anew when it dies, hangs or grows, so that each is blamed on its mutant and the others are tried all the same.</summary>
internal sealed class FuzzRun(FuzzKind kind, int seed, string? folder, int parallel)
{
    // Who only waits hangs too, and a machine may be busy with other things.
    private const int IdleFactor = 10;

    private readonly Lazy<IReadOnlyList<WholeSeed>> _seeds = new(() => WholeSeed.All(folder));

    /// <summary>Tries mutants 0 to <paramref name="files"/> − 1, or from another first one.</summary>
    public FuzzCounts Run(int files, int first = 0)
    {
        long start = Stopwatch.GetTimestamp();
        var parts = new FuzzCounts[(files + kind.PerProcess - 1) / kind.PerProcess];
        Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = parallel }, part =>
        {
            int begin = first + (part * kind.PerProcess), end = Math.Min(first + files, begin + kind.PerProcess);
            parts[part] = new FuzzCounts();
            for (int next = begin; next < end;) next = Child(next, end, parts[part]);
        });
        FuzzCounts counts = FuzzCounts.Of(parts);
        counts.Files = files;
        counts.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
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
                "exec", Path.Combine(AppContext.BaseDirectory, "PruneTasks.Benchmarks.dll"), "fuzz-batch", "--kind", kind.Name, "--seed", Text(seed), "--from", Text(from), "--to", Text(to), "--work", work,
                "--most", kind.MostAllocated.ToString(CultureInfo.InvariantCulture), .. folder is null ? (string[])[] : ["--folder", folder],
            ];
            foreach (string argument in arguments) start.ArgumentList.Add(argument);
            // All of them, so that what is left behind is found on every system.
            foreach (string variable in new[] { "TMPDIR", "TMP", "TEMP" }) start.Environment[variable] = temp;
            start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
            // A small machine: what is allowed to be large is measured against this.
            start.Environment["DOTNET_GCHeapHardLimit"] = kind.MostResident.ToString("x", CultureInfo.InvariantCulture);
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

    private int Watch(Process process, int from, int to, FuzzCounts counts)
    {
        var lines = new BlockingCollection<string?>();
        var errors = new ConcurrentQueue<string>();
        process.OutputDataReceived += (_, line) => lines.Add(line.Data);
        process.ErrorDataReceived += (sender, line) =>
        {
            if (line.Data is { Length: > 0 } text) errors.Enqueue(text);
            // The last ones tell what it was at.
            while (errors.Count > 12) errors.TryDequeue(out _);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        int current = -1, done = from;
        long begun = Stopwatch.GetTimestamp(), resident = 0;
        double busy = 0;
        while (true)
        {
            if (!lines.TryTake(out string? line, 50))
            {
                double seconds = Math.Max(Busy(process) - busy, Stopwatch.GetElapsedTime(begun).TotalSeconds / IdleFactor);
                long now = Resident(process);
                counts.PeakBytes = Math.Max(counts.PeakBytes, now);
                // Loading the libraries is not a mutant's time.
                bool hung = seconds > Math.Max(kind.MostSeconds, current < 0 ? 120 : 0), large = current >= 0 && now - resident > kind.MostResident;
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
                Died(current, $"the process ended with {process.ExitCode}: {string.Join(" | ", errors)}", counts);
                return current + 1;
            }
            if (!line.StartsWith(FuzzBatch.Mark, StringComparison.Ordinal)) continue;
            string[] words = line[1..].Split(' ', 3);
            int number = int.Parse(words[1], CultureInfo.InvariantCulture);
            if (words[0] == "begin")
            {
                if (current < 0 || kind.GrowsAtEach) resident = Resident(process);
                errors.Clear();
                busy = Busy(process);
                (current, begun) = (number, Stopwatch.GetTimestamp());
                continue;
            }
            done = number + 1;
            double taken = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            if (taken > counts.Slowest.Seconds) counts.Slowest = (taken, number);
            Count(number, words[2], counts);
        }
    }

    // Of a whole run a build is asked what it would say; of anything else the worker is not to die.
    private void Died(int number, string how, FuzzCounts counts)
    {
        if (kind != FuzzKind.Whole)
        {
            counts.Crashed.Add((number, how));
            return;
        }
        DirectoryInfo temporary = Directory.CreateTempSubdirectory("prunetasks-fuzz-");
        try
        {
            (string ids, string words) = DeadWorker.Ask(WholeFiles.Write(temporary.FullName, _seeds.Value, seed, number), 1 + (kind.MostSeconds / 60));
            // Anything else: what was tried before it in the same process is to blame.
            if (ids == PruneDiagnostics.WorkerCrashed.Id || ids == PruneDiagnostics.OutOfMemory.Id) counts.Died.Add((number, ids, $"{how}; a build says: {words}"));
            else counts.Crashed.Add((number, $"{how}; the worker of a build does not, and says: {(ids.Length > 0 ? words : "done")}"));
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    private static void Count(int number, string outcome, FuzzCounts counts)
    {
        if (outcome is "read" or WholeTrial.Pruned or WholeTrial.Dense) counts.Read++;
        if (outcome == WholeTrial.Pruned) counts.Pruned++;
        if (outcome is "read" or WholeTrial.Pruned or WholeTrial.Dense) return;
        if (outcome.StartsWith("crash ", StringComparison.Ordinal)) counts.Crashed.Add((number, outcome[6..]));
        else if (outcome.StartsWith("memory ", StringComparison.Ordinal)) counts.OverMemory.Add((number, outcome[7..]));
        else counts.Refused[outcome] = counts.Refused.GetValueOrDefault(outcome) + 1;
    }

    private static long Resident(Process process) => Ask(process, p => p.WorkingSet64);

    private static double Busy(Process process) => Ask(process, p => p.TotalProcessorTime.TotalSeconds);

    private static T Ask<T>(Process process, Func<Process, T> what) where T : struct
    {
        try
        {
            process.Refresh();
            return what(process);
        }
        catch (InvalidOperationException)
        {
            return default; // It has just ended.
        }
    }

    // The .NET runtime's own: its diagnostics port, and what it needs to talk to a debugger.
    private static bool IsOfTheRuntime(string entry) =>
        Path.GetFileName(entry) is var name && (name.StartsWith("dotnet-diagnostic", StringComparison.Ordinal) || name.StartsWith("clr-debug-pipe", StringComparison.Ordinal) || name is ".dotnet" or "shm" or "lockfiles" or "global");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
