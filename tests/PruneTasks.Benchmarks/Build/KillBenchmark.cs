using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks.Build;

/// <summary>Kills builds and workers at random moments and counts the builds after them that put everything right.</summary>
internal static class KillBenchmark
{
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
                output.WriteLine($"{kill.Victim}, {kill.Milliseconds} ms: {kill.Problem}");
        });

        var table = new MarkdownTable(output, real ? "kills, real worker" : "kills, fake worker", "survived");
        foreach (string victim in new[] { "build", "worker" })
        {
            Kill[] these = [.. kills.Where(kill => kill.Victim == victim)];
            table.Add(string.Create(CultureInfo.InvariantCulture, $"{victim}, {these.Count(kill => kill.Worker)} of {these.Length} while a worker ran"), Of(these));
        }

        table.Add("together", Of(kills));
        return kills.All(kill => kill.Problem is null) ? 0 : 1;

        static string Of(IReadOnlyCollection<Kill> kills) => string.Create(CultureInfo.InvariantCulture, $"{kills.Count(kill => kill.Problem is null)} of {kills.Count}");

        void Change(int number)
        {
            if (real)
                app.Write("glyphs.prune.yaml", GlyphsApp.InSteps + string.Create(CultureInfo.InvariantCulture, $"  seed: {number}\n"));
            else
                File.WriteAllBytes(app["tiny.onnx"], TinyModel.Identity(100 + number));
        }
    }
}
