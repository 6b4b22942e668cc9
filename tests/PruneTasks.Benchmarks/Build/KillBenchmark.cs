using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks.Build;

/// <summary>Kills builds and workers at random moments and counts the builds after them that put everything right.</summary>
internal static class KillBenchmark
{
    private static readonly Dictionary<KillPhase, string> Names = new()
    {
        [KillPhase.BeforeWorker] = "before the worker", [KillPhase.WorkerStart] = "the worker starts", [KillPhase.Calibration] = "it reads, measures, plans",
        [KillPhase.Checkpoints] = "it builds and writes checkpoints", [KillPhase.Writing] = "files are written and moved", [KillPhase.Embedding] = "the model is embedded",
    };

    /// <summary>Kills <paramref name="count"/> times; exit code 1 if one of them did harm.</summary>
    public static async Task<int> Run(int count, int seed, bool real, TextWriter output)
    {
        if (!OperatingSystem.IsLinux())
        {
            await output.WriteLineAsync("Only on Linux: it looks for the worker in /proc.");
            return 1;
        }

        await using var package = new PackedPackage();
        await package.InitializeAsync();
        using TestApp app = real ? GlyphsApp.New(package, GlyphsApp.InSteps) : new TestApp(package).WithModel();
        app.Write("Program.cs", KillLoop.PrintHash);
        app.Write("fake-worker.mode", "pieces");
        string name = real ? "glyphs" : "tiny";
        var loop = new KillLoop(app, name, Change, seed);
        IReadOnlyList<Kill> kills = await loop.Run(count, kill =>
        {
            if (kill.Problem is not null)
                output.WriteLine($"{kill.Victim} in {kill.Phase}, {kill.Milliseconds} ms: {kill.Problem}");
        });

        await output.WriteLineAsync($"`kill --count {count} --seed {seed}{(real ? " --real" : "")}`, the {(real ? "real" : "fake")} worker.");
        await output.WriteLineAsync();
        var table = new MarkdownTable(output, "while", "build killed", "worker killed", "a worker ran", "left a checkpoint", "next build went on from it", "survived");
        foreach (IGrouping<KillPhase, Kill> phase in kills.GroupBy(kill => kill.Phase).OrderBy(group => group.Key))
            Add(Names[phase.Key], [.. phase]);
        Add("together", kills);
        return kills.All(kill => kill.Problem is null) ? 0 : 1;

        void Add(string name, IReadOnlyCollection<Kill> these) => table.Add(
            name, Text(these.Count(kill => kill.Victim == "build")), Text(these.Count(kill => kill.Victim == "worker")), Text(these.Count(kill => kill.Worker)),
            Text(these.Count(kill => kill.Checkpoint)), Text(these.Count(kill => kill.Resumed)), $"{Text(these.Count(kill => kill.Problem is null))} of {Text(these.Count)}");

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

        void Change(int number)
        {
            if (real)
                app.Write("glyphs.prune.yaml", GlyphsApp.InSteps + string.Create(CultureInfo.InvariantCulture, $"  seed: {number}\n"));
            else
                File.WriteAllBytes(app["tiny.onnx"], TinyModel.Identity(100 + number));
        }
    }
}
