using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using PruneTasks.BuildTesting;
using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks.Build;

/// <summary>How long a worker lives after Ctrl-C: SIGINT to the build at a random moment of its run, and the time until no process has the run's request on its command line.</summary>
internal static class InterruptBenchmark
{
    private const int Interrupt = 2;

    /// <summary>What is promised of the worker, in milliseconds.</summary>
    private const double Promised = 2000;

    /// <summary>Stops <paramref name="count"/> builds; exit code 1 if a worker outlived what is promised, or a build succeeded nevertheless.</summary>
    public static async Task<int> Run(int count, int seed, TextWriter output)
    {
        if (!OperatingSystem.IsLinux())
        {
            await output.WriteLineAsync("Only on Linux: it looks for the worker in /proc.");
            return 1;
        }

        await using var package = new PackedPackage();
        await package.InitializeAsync();
        using TestApp app = GlyphsApp.New(package, GlyphsApp.InSteps);
        (await app.Run("restore")).Succeeded();
        // Not for secrets: the moments are to be the same in every run with this seed.
#pragma warning disable CA5394
        var random = new Random(seed);
        List<double> worker = [], build = [];
        bool failed = true;
        for (int number = 1; worker.Count < count && number <= 3 * count; number++)
        {
            app.Write("glyphs.prune.yaml", GlyphsApp.InSteps + string.Create(CultureInfo.InvariantCulture, $"  seed: {number}\n"));
            if (await Once(app, random.Next(4000)) is not { } stop)
                continue;
            worker.Add(stop.Worker);
            build.Add(stop.Build);
            failed &= stop.ExitCode != 0;
        }
#pragma warning restore CA5394
        if (worker.Count == 0)
        {
            await output.WriteLineAsync("No build could be stopped: SIGINT is ignored where this was started, or each was over before.");
            return 1;
        }

        var table = new MarkdownTable(output, string.Create(CultureInfo.InvariantCulture, $"from SIGINT, {worker.Count} stops, real worker"), "median ms", "most ms", "promised at most");
        table.Add("until the worker is gone", Text(Median(worker)), Text(worker.Max()), Text(Promised));
        table.Add("until the build is gone", Text(Median(build)), Text(build.Max()), "");
        return failed && worker.Max() <= Promised ? 0 : 1;
    }

    private static async Task<(double Worker, double Build, int ExitCode)?> Once(TestApp app, int delay)
    {
        string request = app["obj", "prunetasks", "glyphs", "request.json"];
        var said = new StringBuilder();
        using Process build = DotNet.Start(app.Folder, ["build", "--no-restore", "-tl:off"], said);
        while (!build.HasExited && WorkerProcess.Of(request) == 0)
            await Task.Delay(20);
        await Task.Delay(delay);
        int id = WorkerProcess.Of(request);
        if (id == 0 || build.HasExited)
        {
            while (!build.HasExited)
                await Task.Delay(20);
            return null;
        }

        long start = Stopwatch.GetTimestamp();
        if (Kill(build.Id, Interrupt) != 0)
            throw new InvalidOperationException("the signal cannot be sent");
        double? gone = null;
        while (!build.HasExited || gone is null)
        {
            // One process is quick to look at; all are searched once it is gone.
            if (gone is null && !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}")) && (id = WorkerProcess.Of(request)) == 0)
                gone = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await Task.Delay(2);
        }

        return (gone.Value, Stopwatch.GetElapsedTime(start).TotalMilliseconds, build.ExitCode);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Text(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
