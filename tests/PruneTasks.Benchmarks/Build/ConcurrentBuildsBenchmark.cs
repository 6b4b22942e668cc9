using System.Diagnostics;
using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks.Build;

/// <summary>
/// Eight <c>dotnet build</c> at the same moment: four projects, each in Debug and in Release, two of them with one model and two with another, on one empty
/// cache. Debug and Release share the folder with the pruned model; two builds of one configuration would share the compiler's files too, and disturb each
/// other with any package.
/// </summary>
internal static class ConcurrentBuildsBenchmark
{
    private const int Models = 2;

    /// <summary>Builds.</summary>
    /// <returns>Exit code: 1 if a build fails, embeds another model, or there is not one run of the worker for each model.</returns>
    public static async Task<int> Run(TextWriter output)
    {
        await using var package = new PackedPackage();
        await package.InitializeAsync();
        using var shared = new TemporaryFolder();
        TestApp[] apps = [.. Enumerable.Range(0, 4).Select(i => new TestApp(package, cache: shared["cache"]).WithModel(width: Width(i)))];
        try
        {
            foreach (TestApp app in apps)
            {
                app.Write("fake-worker.mode", "slow");
                (await app.Run("restore")).Succeeded();
            }

            long start = Stopwatch.GetTimestamp();
            DotNetRun[] runs = await Task.WhenAll(apps.SelectMany(app => new[] { "Debug", "Release" }.Select(configuration => app.Build("-c", configuration))));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

            int right = 0;
            for (int i = 0; i < apps.Length; i++)
            {
                foreach (string configuration in (string[])["Debug", "Release"])
                {
                    string said = (await apps[i].Run($"bin/{configuration}/net10.0/App.dll")).Output.Trim();
                    if (said == string.Create(CultureInfo.InvariantCulture, $"PruneTasks.tiny.onnx {TinyModel.Identity(Width(i)).Length}"))
                        right++;
                }
            }

            int starts = apps.Sum(app => app.Starts);
            var table = new MarkdownTable(output, "eight builds of four projects at the same moment", "");
            table.Add("builds that succeeded", Text(runs.Count(run => run.ExitCode == 0)));
            table.Add("outputs with the right model", Text(right));
            table.Add("different models", Text(Models));
            table.Add("runs of the worker", Text(starts));
            table.Add("models taken from the cache", Text(runs.Count(run => run.LinesWith("(from the cache)").Count > 0)));
            table.Add("seconds for all", seconds.ToString("F1", CultureInfo.InvariantCulture));
            foreach (DotNetRun failed in runs.Where(run => run.ExitCode != 0))
                await output.WriteLineAsync(failed.Output);
            return runs.All(run => run.ExitCode == 0) && right == runs.Length && starts == Models ? 0 : 1;
        }
        finally
        {
            foreach (TestApp app in apps)
                app.Dispose();
        }

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

        static int Width(int project) => 300 + (project % Models * 100);
    }
}
