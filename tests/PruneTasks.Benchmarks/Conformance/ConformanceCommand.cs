using System.Diagnostics;
using PruneTasks.Testing;

namespace PruneTasks.Benchmarks.Conformance;

/// <summary>Holds the lowering of operators against the public ONNX backend tests: a table, and the counts as the last line.</summary>
internal static class ConformanceCommand
{
    private const string Head = """
        # Conformance

        Written by `dotnet run -c Release --project tests/PruneTasks.Benchmarks -- conformance --cases <dir> --out docs/benchmarks/conformance.md`, where
        the folder (or `.tar.gz`) holds cases as ONNX's backend tests have them: a model beside `test_data_set_*`, or a light model beside its output.

        Each model goes through the reader and is run with torch (`LoweredGraph`). *Passed*: shapes and types are equal; integers and booleans are equal,
        floats within 1e-3 relative and 1e-7 absolute (half precision: a few steps of that type); NaN equals NaN; answers of random operators are compared by
        shape and type alone. *Unsupported*: refused before it ran, with the reason; or the recorded
        answer contradicts ONNX Runtime, which runs the pruned model, and the lowering answers as that does (the reason says so). *Wrong* or *crashed*: must not happen. A case counts once for each
        of its operators, so that columns add up to more than there are cases; function operators come a second time, expanded into others.


        """;

    /// <summary>0 if no case is wrong and none crashes.</summary>
    public static async Task<int> Run(string path, string? page, TextWriter output, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyList<ConformanceCase> all = ConformanceCase.In(ConformanceFiles.Open(path));
        if (all.Count == 0)
        {
            await Console.Error.WriteLineAsync($"no case lies in {path}");
            return 1;
        }
        IReadOnlyList<ConformanceOutcome> outcomes = await ConformanceBatch.RunGuarded(path, all, cancellation);
        string report = ConformanceReport.Write(outcomes), counts = ConformanceReport.Counts(outcomes);
        await output.WriteLineAsync($"{report}\n{watch.Elapsed.TotalSeconds:0} s for {all.Count} cases\n{counts}");
        if (page is not null) await File.WriteAllTextAsync(page, $"{Head.ReplaceLineEndings("\n")}{report}\n{counts}\n", cancellation);
        return outcomes.Any(o => o.Status is ConformanceStatus.Wrong or ConformanceStatus.Crashed) ? 1 : 0;
    }
}
