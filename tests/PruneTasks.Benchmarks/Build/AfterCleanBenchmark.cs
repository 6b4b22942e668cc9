using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.EndToEnd.Tests;

namespace PruneTasks.Benchmarks.Build;

/// <summary>
/// What the package costs a build after <c>dotnet clean</c>, with the result in the cache. The app without the package embeds a file of the same size:
/// to compile a resource costs time with any package, and with none.
/// </summary>
internal static class AfterCleanBenchmark
{
    private const double Promised = 500;

    /// <summary>Cleans and builds pairs.</summary>
    /// <returns>Exit code: 1 if a worker started, or the builds took more than was promised.</returns>
    public static async Task<int> Run(int rounds, int megabytes, TextWriter output)
    {
        await using var package = new PackedPackage();
        await package.InitializeAsync();
        using TestApp with = new TestApp(package).WithModel();
        using TestApp without = BuildPairs.Without(package);
        byte[] model = [.. TinyModel.Identity(), .. TinyModel.Padding(megabytes << 20)];
        await File.WriteAllBytesAsync(with["tiny.onnx"], model);
        await File.WriteAllBytesAsync(without["same.bin"], model);
        without.Write("App.csproj", (await File.ReadAllTextAsync(without["App.csproj"])).Replace("</Project>", "<ItemGroup><EmbeddedResource Include=\"same.bin\" /></ItemGroup></Project>", StringComparison.Ordinal));
        (await with.Build()).Succeeded();
        (await without.Build()).Succeeded();

        (List<double> a, List<double> b) = await BuildPairs.Measure(with, without, rounds, async app => (await app.Run("clean", "-tl:off", "-v:q")).Succeeded());
        double added = BuildPairs.Print(output, string.Create(CultureInfo.InvariantCulture, $"`dotnet build --no-restore` after `dotnet clean`, {megabytes} MB, {rounds} pairs"), a, b);
        output.WriteLine();
        output.WriteLine($"Promised: at most {Promised} ms. Starts of the worker: {with.Starts}, the first build's.");
        return with.Starts == 1 && added <= Promised ? 0 : 1;
    }
}
