using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>One kill and the build after it.</summary>
/// <param name="Victim">What was killed: build or worker.</param>
/// <param name="Phase">Where the build was meant to be.</param>
/// <param name="Milliseconds">After so long.</param>
/// <param name="Worker">Whether a worker ran at that moment.</param>
/// <param name="Checkpoint">Whether it left a checkpoint behind.</param>
/// <param name="Resumed">Whether the next build said that it goes on from there.</param>
/// <param name="Problem">What was wrong afterwards; null if the next build put everything right.</param>
internal sealed record Kill(string Victim, KillPhase Phase, int Milliseconds, bool Worker, bool Checkpoint, bool Resumed, string? Problem);

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
        using System.IO.Stream model = self.GetManifestResourceStream(System.Array.Find(self.GetManifestResourceNames(), name => name.EndsWith(".onnx"))!)!;
        System.Console.WriteLine(System.Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(model)));
        """;

    private static readonly string[] BuildCommand = ["build", "--no-restore", "-tl:off"];
    private static readonly TimeSpan WorkerMayOutlive = TimeSpan.FromSeconds(3);

    // Not for secrets: the moments are to be the same in every run with this seed.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);

    private string ModelFolder => app["obj", "prunetasks", name];

    /// <summary>Builds undisturbed to learn how long each phase takes, then kills <paramref name="count"/> times.</summary>
    /// <param name="count">How often.</param>
    /// <param name="each">Gets each kill.</param>
    /// <param name="enough">Whether the kills show what they are to show: a moment that is drawn may come when the worker has just ended. Until they do, up to three times as many.</param>
    public async Task<IReadOnlyList<Kill>> Run(int count, Action<Kill>? each = null, Func<IReadOnlyList<Kill>, bool>? enough = null)
    {
        (await app.Run("restore")).Succeeded();
        (await app.Build()).Succeeded();
        change(0);
        IReadOnlyList<TimeSpan> lengths = await Learn();
        var kills = new List<Kill>();
        for (int number = 1; number <= count || (number <= 3 * count && enough?.Invoke(kills) == false); number++)
        {
            change(number);
            // A third of the kills hits workers, which live in four of the six phases.
            bool worker = number % 3 == 0;
            var phase = (KillPhase)(worker ? 1 + (number / 3 % 4) : (number - (number / 3)) % 6);
            Kill kill = await Once(worker, phase, lengths[(int)phase]);
            kills.Add(kill);
            each?.Invoke(kill);
        }

        return kills;
    }

    private async Task<IReadOnlyList<TimeSpan>> Learn()
    {
        var output = new StringBuilder();
        long start = Stopwatch.GetTimestamp();
        using Process build = DotNet.Start(app.Folder, BuildCommand, output);
        var watch = new PhaseWatch(ModelFolder, name, output);
        var reached = new List<TimeSpan>();
        foreach (KillPhase phase in Enum.GetValues<KillPhase>())
        {
            await watch.Wait(phase, build);
            reached.Add(Stopwatch.GetElapsedTime(start));
        }

        while (!build.HasExited)
            await Task.Delay(20);
        if (build.ExitCode != 0)
            throw new InvalidOperationException("a build that nobody disturbed fails:\n" + output);
        reached.Add(Stopwatch.GetElapsedTime(start));
        return [.. reached.Zip(reached.Skip(1), (from, to) => to - from)];
    }

    // At a moment drawn from the time that the phase takes, after the build was seen to be in it.
    private async Task<Kill> Once(bool worker, KillPhase phase, TimeSpan length)
    {
        var output = new StringBuilder();
        long start = Stopwatch.GetTimestamp();
        using Process build = DotNet.Start(app.Folder, BuildCommand, output);
        await new PhaseWatch(ModelFolder, name, output).Wait(phase, build);
        await Task.Delay(_random.Next((int)length.TotalMilliseconds + 1));

        int running = Worker();
        if (!worker && !build.HasExited)
            build.Kill();
        else if (worker && running != 0)
            KillNow(running);

        int moment = (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        // Not WaitForExit, which also waits for the output to end: the compiler's server has it too, and stays.
        while (!build.HasExited)
            await Task.Delay(20);
        string? problem = await WorkerStays();
        bool checkpoint = File.Exists(Path.Combine(ModelFolder, "checkpoint", "step.json"));
        (string? wrong, bool resumed) = await NextBuild(checkpoint);
        return new Kill(worker ? "worker" : "build", phase, moment, running != 0, checkpoint, resumed, problem ?? wrong);
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

    private async Task<(string? Problem, bool Resumed)> NextBuild(bool checkpoint)
    {
        DotNetRun next = await app.Build();
        bool resumed = next.LinesWith("going on after step").Count > 0;
        return (await Look(), resumed);

        async Task<string?> Look()
        {
            if (next.ExitCode != 0)
                return "the next build fails: " + next.Output;
            // Where the result had got into the cache before the kill, no worker has to run.
            if (checkpoint && !resumed && next.LinesWith($"{name}: pruning").Count > 0)
                return "the next build does not go on from the checkpoint: " + next.Output;
            string embedded = (await app.Run("bin/Debug/net10.0/App.dll")).Succeeded().Output.Trim();
            string pruned = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(ModelFolder, name + ".pruned.onnx"))));
            string said = (string)JsonNode.Parse(File.ReadAllText(Path.Combine(ModelFolder, "result.json")))!["modelSha256"]!;
            if (embedded != pruned || pruned != said)
                return $"embedded is {embedded}, the file is {pruned}, the worker made {said}";
            string[] left = [.. LeftOvers(ModelFolder), .. LeftOvers(app[".cache"])];
            return left.Length == 0 ? null : "left over: " + string.Join(", ", left);
        }
    }

    private static IEnumerable<string> LeftOvers(string folder) =>
        Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Where(path =>
            path.EndsWith(".tmp", StringComparison.Ordinal) || Path.GetFileName(path) == "checkpoint"
            || path.Contains(Path.Combine(folder, "staging"), StringComparison.Ordinal) || path.Contains("/v1/staging/", StringComparison.Ordinal));

    private int Worker() => WorkerProcess.Of(Path.Combine(ModelFolder, "request.json"));

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
