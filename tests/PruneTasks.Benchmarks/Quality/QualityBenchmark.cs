using System.Diagnostics;
using System.Globalization;
using PruneTasks.Benchmarks.Scale;
using PruneTasks.BuildTesting;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Natives;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>The tables of docs/benchmarks/quality.md.</summary>
internal static class QualityBenchmark
{
    private static readonly (string Name, string Title)[] s_sections =
    [
        ("cuts", "A trained vision transformer at three cuts"), ("others", "Every other model"), ("personal", "Three of ten classes"),
        ("parts", "The parts of the idea, each on and off"), ("default", "A default run"), ("scale", "Growing models"), ("speed", "Real speed"),
    ];

    private static string Notes => Path.Combine(Repository.Root, "docs", "benchmarks", "quality-notes.md");

    /// <summary>Names of the sections.</summary>
    public static IEnumerable<string> Sections => s_sections.Select(s => s.Name);

    /// <summary>Runs all sections and writes the page, with the notes of docs/benchmarks/quality-notes.md at its end; or prints some.</summary>
    /// <param name="only">Sections to print; none: all, into the page.</param>
    /// <param name="quick">Few rows, one seed, few samples; never into the page.</param>
    /// <param name="cancellation">Ends it; what was measured is remembered.</param>
    /// <returns>Exit code: 1 if a section could not be measured, 2 if <c>../shared</c> is absent.</returns>
    public static async Task<int> Run(string[] only, bool quick, CancellationToken cancellation)
    {
        string shared = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared"));
        if (!Directory.Exists(Path.Combine(shared, "models")))
        {
            await Console.Error.WriteLineAsync("not run: ../shared is absent");
            return 2;
        }
        WorkerNatives.UseOnnxRuntime(null);
        string work = Path.Combine(Path.GetTempPath(), "prunetasks-quality");
        Directory.CreateDirectory(work);
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var plan = new QualityPlan(new Subjects(shared, work), new TrialRunner(work, quick ? 400 : int.MaxValue, cancellation), quick ? [42] : [42, 1, 2], quick, text, cancellation);
        text.WriteLine(
            $"""
            <!-- Written by `dotnet run -c Release --project tests/PruneTasks.Benchmarks -- quality`. -->
            # What pruning keeps, against other methods

            Trained third-party weights; no labels and no training unless a row says so. Calibration samples come from training data, all figures from test
            data. KL = mean KL(dense ‖ pruned) in nats; agreement = same first answer as dense; ± is the standard deviation over calibration
            seeds {string.Join(", ", plan.Seeds)}; n is the number of test samples behind each mean. Methods to compare with: docs/decisions/0015.
            MACs, in all rows alike, include what the exact rewrites leave out. {DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores.

            """);
        int exit = 0;
        long start = Stopwatch.GetTimestamp();
        foreach ((string name, string title) in s_sections.Where(s => only.Length == 0 || only.Contains(s.Name)))
        {
            text.WriteLine($"## {title}\n");
            try
            {
                await Write(name, plan, shared, work);
            }
            catch (PruneDiagnosticException failed)
            {
                // The other sections still count; what is missing says so.
                text.WriteLine($"\n**Not measured**: {failed.Message}");
                exit = 1;
            }
            text.WriteLine();
        }
        // Reasons and what was tried are written by hand and outlive a new run.
        if (only.Length == 0 && File.Exists(Notes)) text.WriteLine(await File.ReadAllTextAsync(Notes, cancellation));
        string page = text.ToString().TrimEnd().ReplaceLineEndings("\n") + "\n";
        Console.WriteLine(page);
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalMinutes:F1} minutes"));
        if (only.Length == 0 && !quick) await File.WriteAllTextAsync(Path.Combine(Repository.Root, "docs", "benchmarks", "quality.md"), page, cancellation);
        return exit;
    }

    private static async Task Write(string section, QualityPlan plan, string shared, string work)
    {
        switch (section)
        {
            case "cuts":
                CutsSection.Write(plan);
                break;
            case "others":
                OthersSection.Write(plan);
                break;
            case "personal":
                PersonalSection.Write(plan, work);
                break;
            case "parts":
                PartsSection.Write(plan);
                break;
            case "default":
                await DefaultRunSection.Write(plan);
                break;
            case "scale":
                await ScaleBenchmark.Run(Path.Combine(shared, "data", "cifar10", "train"), 256, plan.Quick ? [1] : [1, 2, 3], plan.Output);
                break;
            default:
                SpeedSection.Write(plan);
                break;
        }
    }
}
