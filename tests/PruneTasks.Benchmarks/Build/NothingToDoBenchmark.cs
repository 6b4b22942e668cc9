using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks.Build;

/// <summary>What the package costs a build that has nothing to do: the same app with one model, and without the package, in turn.</summary>
internal static class NothingToDoBenchmark
{
    // The median of the differences, in milliseconds.
    private const double Promised = 30;

    /// <summary>Builds <paramref name="rounds"/> pairs, each build in a process of its own, and prints the medians.</summary>
    /// <returns>Exit code: 1 if a build with nothing to do started the worker, or took more than was promised.</returns>
    public static async Task<int> Run(int rounds, TextWriter output)
    {
        await using var package = new PackedPackage();
        await package.InitializeAsync();
        using TestApp with = new TestApp(package).WithModel();
        using TestApp without = BuildPairs.Without(package);
        (await with.Build()).Succeeded();
        (await without.Build()).Succeeded();

        (List<double> a, List<double> b) = await BuildPairs.Measure(with, without, rounds, _ => Task.CompletedTask);
        double added = BuildPairs.Print(output, $"`dotnet build --no-restore` with nothing to do, {rounds} pairs", a, b);
        output.WriteLine();
        output.WriteLine($"Promised: at most {Promised} ms. Starts of the worker: {with.Starts}, the first build's.");
        return with.Starts == 1 && added <= Promised ? 0 : 1;
    }
}
