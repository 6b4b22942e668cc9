using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>One kill and the build after it.</summary>
/// <param name="Victim">What was killed: build or worker.</param>
/// <param name="Milliseconds">After so long.</param>
/// <param name="Worker">Whether a worker ran at that moment.</param>
/// <param name="Problem">What was wrong afterwards; null if the next build put everything right.</param>
internal sealed record Kill(string Victim, int Milliseconds, bool Worker, string? Problem);

/// <summary>
/// Kills builds of an app, or their workers, at random moments with SIGKILL, and looks at what the next build makes of it. Linux only: it asks /proc
/// which worker belongs to the app.
/// </summary>
/// <param name="app">Its program must print the SHA-256 of the embedded model.</param>
/// <param name="name">Name of its model.</param>
/// <param name="change">Changes an input, so that there is something to prune; takes the number of the kill.</param>
/// <param name="seed">Of the moments.</param>
internal sealed class KillLoop(TestApp app, string name, Action<int> change, int seed)
{
    /// <summary>A program that prints the SHA-256 of the one embedded model.</summary>
    public const string PrintHash = """
        using System.Reflection;
        Assembly self = Assembly.GetExecutingAssembly();
        using System.IO.Stream model = self.GetManifestResourceStream(self.GetManifestResourceNames()[0])!;
        System.Console.WriteLine(System.Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(model)));
        """;

    private static readonly TimeSpan WorkerMayOutlive = TimeSpan.FromSeconds(3);

    // Not for secrets: the moments are to be the same in every run with this seed.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);

    /// <summary>Builds once undisturbed, then kills <paramref name="count"/> times.</summary>
    public async Task<IReadOnlyList<Kill>> Run(int count, Action<Kill>? each = null)
    {
        (await app.Run("restore")).Succeeded();
        (await app.Build()).Succeeded();
        change(0);
        long start = Stopwatch.GetTimestamp();
        (await app.Build()).Succeeded();
        TimeSpan whole = Stopwatch.GetElapsedTime(start);
        var kills = new List<Kill>();
        for (int number = 1; number <= count; number++)
        {
            change(number);
            Kill kill = await Once(worker: number % 3 == 0, early: number % 3 == 1, whole);
            kills.Add(kill);
            each?.Invoke(kill);
        }

        return kills;
    }

    // A third of the kills hits workers. Of the others one half is spread over the whole build, the other comes soon after the worker's start, when files move.
    private async Task<Kill> Once(bool worker, bool early, TimeSpan whole)
    {
        var output = new StringBuilder();
        long start = Stopwatch.GetTimestamp();
        using Process build = DotNet.Start(app.Folder, ["build", "--no-restore", "-tl:off"], output);
        if (early)
        {
            await Task.Delay(_random.Next((int)whole.TotalMilliseconds));
        }
        else
        {
            while (!build.HasExited && Worker() == 0)
                await Task.Delay(10);
            await Task.Delay(_random.Next(worker ? 600 : 1500));
        }

        int running = Worker();
        if (!worker && !build.HasExited)
            build.Kill();
        else if (worker && running != 0)
            KillNow(running);

        int moment = (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        // Not WaitForExit, which also waits for the output to end: the compiler's server has it too, and stays.
        while (!build.HasExited)
            await Task.Delay(20);
        string? problem = await WorkerStays() ?? await NextBuild();
        return new Kill(worker ? "worker" : "build", moment, running != 0, problem);
    }

    private async Task<string?> WorkerStays()
    {
        for (long start = Stopwatch.GetTimestamp(); Worker() != 0; await Task.Delay(50))
        {
            if (Stopwatch.GetElapsedTime(start) > WorkerMayOutlive)
                return $"the worker still runs {WorkerMayOutlive.TotalSeconds} s after its build";
        }

        return null;
    }

    private async Task<string?> NextBuild()
    {
        DotNetRun next = await app.Build();
        if (next.ExitCode != 0)
            return "the next build fails: " + next.Output;
        string embedded = (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim();
        string folder = app["obj", "prunetasks", name];
        string pruned = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, name + ".pruned.onnx"))));
        string said = (string)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "result.json")))!["modelSha256"]!;
        if (embedded != pruned || pruned != said)
            return $"embedded is {embedded}, the file is {pruned}, the worker made {said}";
        string[] left = [.. LeftOvers(folder), .. LeftOvers(app[".cache"])];
        return left.Length == 0 ? null : "left over: " + string.Join(", ", left);
    }

    private static IEnumerable<string> LeftOvers(string folder) =>
        Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Where(path =>
            path.EndsWith(".tmp", StringComparison.Ordinal) || Path.GetFileName(path) == "checkpoint"
            || path.Contains(Path.Combine(folder, "staging"), StringComparison.Ordinal) || path.Contains("/v1/staging/", StringComparison.Ordinal));

    // The process whose command line names the app's request; 0 if there is none.
    private int Worker()
    {
        string request = app["obj", "prunetasks", name, "request.json"];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                if (File.ReadAllText(Path.Combine(process, "cmdline")).Contains(request, StringComparison.Ordinal))
                    return id;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or another user's.
            }
        }

        return 0;
    }

    private static void KillNow(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It was faster.
        }
    }
}
