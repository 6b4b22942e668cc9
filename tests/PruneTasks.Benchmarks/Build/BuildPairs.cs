using System.Diagnostics;
using System.Globalization;
using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks.Build;

/// <summary>Builds an app and the same app without the package in turn.</summary>
internal static class BuildPairs
{
    /// <summary>The app without the package, but with what else the package brings: reading its assets is not our cost.</summary>
    public static TestApp Without(PackedPackage package)
    {
        var app = new TestApp(package);
        string csproj = File.ReadAllText(app["App.csproj"]);
        int from = csproj.IndexOf("<ItemGroup>", StringComparison.Ordinal), to = csproj.IndexOf("</ItemGroup>", StringComparison.Ordinal);
        app.Write("App.csproj", csproj[..from] + "<ItemGroup><PackageReference Include=\"Microsoft.ML.OnnxRuntime\" Version=\"1.31.1\" />" + csproj[to..]);
        return app;
    }

    /// <summary>Times of builds in milliseconds, each in a process of its own, in alternating order, so that what else runs on the machine hits both.</summary>
    public static async Task<(List<double> With, List<double> Without)> Measure(TestApp with, TestApp without, int rounds, Func<TestApp, Task> before)
    {
        List<double> a = [], b = [];
        // The first pair warms up.
        for (int round = -1; round < rounds; round++)
        {
            bool swap = round % 2 == 0;
            double first = await Milliseconds(swap ? without : with, before);
            double second = await Milliseconds(swap ? with : without, before);
            if (round < 0) continue;
            a.Add(swap ? second : first);
            b.Add(swap ? first : second);
        }

        return (a, b);
    }

    /// <summary>Prints a table.</summary>
    /// <returns>The median of the differences.</returns>
    public static double Print(TextWriter output, string title, List<double> with, List<double> without)
    {
        double added = Median([.. with.Zip(without, (x, y) => x - y)]);
        var table = new MarkdownTable(output, title, "ms");
        table.Add("median without the package", Text(Median(without)));
        table.Add("median with one model", Text(Median(with)));
        table.Add("difference of the medians", Text(Median(with) - Median(without)));
        table.Add("median of the differences of each pair", Text(added));
        table.Add("difference of the fastest builds", Text(with.Min() - without.Min()));
        return added;

        static string Text(double milliseconds) => milliseconds.ToString("F0", CultureInfo.InvariantCulture);
    }

    private static async Task<double> Milliseconds(TestApp app, Func<TestApp, Task> before)
    {
        await before(app);
        long start = Stopwatch.GetTimestamp();
        (await app.Run("build", "--no-restore", "-tl:off", "-v:q")).Succeeded();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
