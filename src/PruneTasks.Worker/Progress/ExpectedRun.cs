using PruneTasks.Json;
using PruneTasks.Spec;

namespace PruneTasks.Worker.Progress;

/// <summary>A stage that is expected.</summary>
/// <param name="Name">As it will be told.</param>
/// <param name="Seconds">What it is expected to take.</param>
internal sealed record ExpectedStage(string Name, double Seconds);

/// <summary>The stages of a run that begins.</summary>
/// <param name="Stages">In order.</param>
/// <param name="Known">Times of this model on this machine; else only how stages compare with each other.</param>
internal sealed record ExpectedRun(IReadOnlyList<ExpectedStage> Stages, bool Known)
{
    // How the stages of a run with default settings compare: docs/benchmarks/quality.md, "A default run". Only their ratios are used, and only of long ones.
    private static readonly ExpectedStage[] Typical =
    [
        new("read model and data", 0.2), new("exact rewrites", 0.6), new("find units", 0.1), new("check removal", 0.8), new("load libtorch", 1.5), new("tell personal from common", 4),
        new("measure prices", 7.8), new("measure times of widths", 4), new("check prices", 3.5), new("build", 8), new("distil", 20), new("time threads", 0.5), new("remove", 0.1), new("verify", 0.1),
        new("compare in ONNX Runtime", 0.5), new("measure latency", 1.2),
    ];

    /// <summary>
    /// As long as the last run of this model took, where its report still lies in a folder; else a typical run of what the spec asks for.
    /// </summary>
    public static ExpectedRun Of(PruneSpec spec, string folder) => Earlier(Path.Combine(folder, "report.json")) ?? new([.. Typical.Where(stage => Asked(spec, stage.Name))], Known: false);

    private static bool Asked(PruneSpec spec, string stage) => stage switch
    {
        "measure prices" or "check prices" => spec.Prune.Budget is not null,
        "measure times of widths" => spec.Prune.Budget?.Latency is not null,
        "tell personal from common" => spec.Data.Common is not null,
        "time threads" => spec.Prune.Threads == "one",
        "distil" => spec.Prune.Distill.Steps > 0,
        _ => true,
    };

    // A report that cannot be read only means that nothing is known.
    private static ExpectedRun? Earlier(string report)
    {
        try
        {
            if (!File.Exists(report)) return null;
            JsonValue json = JsonReader.Read(File.ReadAllText(report));
            json.RequireVersion(1);
            ExpectedStage[] stages = [.. json.RequireArray("stages").Items.Select(stage => new ExpectedStage(stage.RequireString("name"), stage.RequireDouble("seconds")))];
            return stages.Length == 0 ? null : new ExpectedRun(stages, Known: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonReadException)
        {
            return null;
        }
    }
}
