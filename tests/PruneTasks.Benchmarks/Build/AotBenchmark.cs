using System.Globalization;
using PruneTasks.EndToEnd.Tests;
using PruneTasks.EndToEnd.Tests.Matrix;

namespace PruneTasks.Benchmarks.Build;

/// <summary>
/// The generated classes of all kinds, trimmed and by native AOT: no warning (the app takes them for errors), and the same output as by the JIT. That a
/// warning would have been seen is shown by code that cannot be trimmed.
/// </summary>
internal static class AotBenchmark
{
    /// <summary>Runs, publishes and compares.</summary>
    /// <returns>Exit code: 1 if an output differs, or code that cannot be trimmed passes.</returns>
    /// <exception cref="InvalidOperationException">A publish failed, as it does at the first warning.</exception>
    public static async Task<int> Run(TextWriter output)
    {
        await using var package = new PackedPackage();
        await package.InitializeAsync();
        using var app = new FourKindsApp(package);
        AppRun expected = await app.Run();
        int lines = expected.Output.Split('\n').Length;
        MarkdownTable table = new(output, "way", "warnings", $"lines of {lines} that differ", "s", "MB, without symbols");
        table.Add(["`dotnet run` (JIT)", "0", "", Seconds(expected), ""]);
        int wrong = await Add("`PublishTrimmed`, self-contained", app.PublishTrimmed());
        wrong += await Add("`PublishAot`", app.PublishNative());

        IReadOnlyList<string> errors = await app.PublishUntrimmable();
        bool seen = errors.Any(error => error.Contains("IL2057", StringComparison.Ordinal));
        await output.WriteLineAsync();
        await output.WriteLineAsync($"Models: {app.Models}; starts of the worker: {app.Starts}. With a type looked for by name added, `PublishAot` {(seen ? "fails with IL2057, as it should" : "DOES NOT FAIL")}.");
        return wrong == 0 && seen ? 0 : 1;

        async Task<int> Add(string way, Task<AppRun> publish)
        {
            AppRun run = await publish;
            string[] printed = run.Output.Split('\n'), same = expected.Output.Split('\n');
            int differ = Math.Abs(printed.Length - same.Length) + printed.Zip(same).Count(pair => pair.First.TrimEnd() != pair.Second.TrimEnd());
            table.Add([way, "0", differ.ToString(CultureInfo.InvariantCulture), Seconds(run), (run.Bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture)]);
            return differ;
        }
    }

    private static string Seconds(AppRun run) => run.Seconds.ToString("F0", CultureInfo.InvariantCulture);
}
