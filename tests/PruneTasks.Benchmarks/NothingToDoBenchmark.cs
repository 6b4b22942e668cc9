using System.Diagnostics;
using System.Globalization;
using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks;

/// <summary>What the package costs a build that has nothing to do: the same app with one model, and without the package, in turn.</summary>
internal static class NothingToDoBenchmark
{
    /// <summary>Builds <paramref name="rounds"/> pairs, each build in a process of its own, and prints the medians.</summary>
    /// <returns>Exit code: 1 if a build with nothing to do started the worker.</returns>
    public static async Task<int> Run(int rounds, TextWriter output)
    {
        await using var package = new PackedPackage();
        await package.InitializeAsync();
        using TestApp with = new TestApp(package).WithModel();
        using var without = new TestApp(package);
        string csproj = File.ReadAllText(without["App.csproj"]);
        int from = csproj.IndexOf("<ItemGroup>", StringComparison.Ordinal), to = csproj.IndexOf("</ItemGroup>", StringComparison.Ordinal);
        // The same packages but ours: reading their assets is not our cost.
        without.Write("App.csproj", csproj[..from] + "<ItemGroup><PackageReference Include=\"Microsoft.ML.OnnxRuntime\" Version=\"1.31.1\" />" + csproj[to..]);
        (await with.Build()).Succeeded();
        (await without.Build()).Succeeded();

        List<double> a = [], b = [];
        for (int round = -1; round < rounds; round++)
        {
            // Alternating, in alternating order, so that what else runs on the machine hits both; the first pair warms up.
            bool swap = round % 2 == 0;
            double first = await Milliseconds(swap ? without : with);
            double second = await Milliseconds(swap ? with : without);
            if (round < 0) continue;
            a.Add(swap ? second : first);
            b.Add(swap ? first : second);
        }

        var table = new MarkdownTable(output, $"`dotnet build --no-restore` with nothing to do, {rounds} pairs", "ms");
        table.Add("median without the package", Text(Median(b)));
        table.Add("median with one model", Text(Median(a)));
        table.Add("difference of the medians", Text(Median(a) - Median(b)));
        table.Add("median of the differences of each pair", Text(Median([.. a.Zip(b, (x, y) => x - y)])));
        table.Add("difference of the fastest builds", Text(a.Min() - b.Min()));
        output.WriteLine();
        output.WriteLine($"Starts of the worker: {with.Starts}, the first build's.");
        return with.Starts == 1 ? 0 : 1;

        static string Text(double milliseconds) => milliseconds.ToString("F0", CultureInfo.InvariantCulture);
    }

    private static async Task<double> Milliseconds(TestApp app)
    {
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
