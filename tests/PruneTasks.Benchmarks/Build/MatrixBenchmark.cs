using System.Globalization;
using PruneTasks.EndToEnd.Tests;
using PruneTasks.EndToEnd.Tests.Matrix;

namespace PruneTasks.Benchmarks.Build;

/// <summary>Runs the matrix of ways to build and prints it as a table.</summary>
internal static class MatrixBenchmark
{
    /// <summary>Runs all rows, or those of some groups.</summary>
    /// <returns>Exit code: 1 if a row did not hold.</returns>
    public static async Task<int> Run(IReadOnlyCollection<string> only, TextWriter output)
    {
        await using var package = new PackedPackage();
        await package.InitializeAsync();
        var rows = new List<MatrixRow>();
        await output.WriteLineAsync("| way to build | what has to hold | s | |");
        await output.WriteLineAsync("|---|---|---:|---|");
        foreach (MatrixGroup group in BuildMatrix.All.Where(group => only.Count == 0 || only.Contains(group.Name)))
        {
            rows.AddRange(await group.All(package, row => output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"| {Cell(row.Way)} | {Cell(row.Expected)} | {row.Seconds:F1} | {Cell(Outcome(row))} |"))));
        }
        await output.WriteLineAsync();
        int notRun = rows.Count(row => row.NotRun is not null), wrong = rows.Count(row => row.Problem is not null);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows.Count - notRun - wrong} rows hold, {notRun} not run, {wrong} do not hold."));
        return wrong == 0 ? 0 : 1;
    }

    private static string Outcome(MatrixRow row) =>
        row.NotRun is { } lacking ? "not run: " + lacking : row.Problem is { } problem ? "DOES NOT HOLD: " + problem.Trim().Split('\n')[0].Trim() : "holds";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
