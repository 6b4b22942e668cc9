using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>The whole worker in a process of its own, by default settings.</summary>
internal static class DefaultRunSection
{
    /// <summary>Writes the section.</summary>
    public static async Task Write(QualityPlan plan)
    {
        using var folder = new TemporaryFolder("default-run");
        Subject cifar = plan.Subjects.Cifar;
        string spec = folder.Write("m.prune.yaml", cifar.Spec(42, QualityPlan.Budget(0.5)));
        WorkerRun run = (await WorkerProcess.Run("prune", "--spec", spec, "--output", folder["out"])).Succeeded();
        double gigabytes = run.PeakBytes / 1e9;
        plan.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"vit-cifar10-811k, −50 %, defaults, {Environment.ProcessorCount} cores: {run.Seconds:F1} s ({Verdict.AtMost(run.Seconds, 40, "F0")}), {gigabytes:F2} GB at the peak ({Verdict.AtMost(gigabytes, 1.5, "F1")})."));
        plan.Output.WriteLine();
        var table = new MarkdownTable(plan.Output, "stage", "seconds");
        foreach ((string name, double seconds) in new PruneOutput(folder["out"], "m").Stages) table.Add(name, seconds.ToString("F1", CultureInfo.InvariantCulture));
    }
}
