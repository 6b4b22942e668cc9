using System.Text.Json;

namespace PruneTasks.WorkerRuns;

/// <summary>The files that a run of <c>prune</c> wrote.</summary>
internal sealed class PruneOutput
{
    /// <summary>Reads the output folder of the spec called <paramref name="name"/>.</summary>
    public PruneOutput(string folder, string name)
    {
        Model = Path.Combine(folder, $"{name}.pruned.onnx");
        Report = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.json"))).RootElement;
    }

    /// <summary>The pruned model's file.</summary>
    public string Model { get; }

    /// <summary>report.json (docs/report.md).</summary>
    public JsonElement Report { get; }

    /// <summary>Largest difference between the masked and the physically pruned model; null where nothing was removed.</summary>
    public double? MaskedDifference => Report.GetProperty("maskedDifference") is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    /// <summary>Units removed at each site, with its block and kind.</summary>
    public IEnumerable<(int Block, string Kind, int Removed)> Removed => Report.GetProperty("sites").EnumerateArray().Select(site => (
        site.GetProperty("block").GetInt32(), site.GetProperty("kind").GetString()!, site.GetProperty("dense").GetInt32() - site.GetProperty("kept").GetInt32()));

    /// <summary>Wall seconds of each stage.</summary>
    public IEnumerable<(string Name, double Seconds)> Stages =>
        Report.GetProperty("stages").EnumerateArray().Select(stage => (stage.GetProperty("name").GetString()!, stage.GetProperty("seconds").GetDouble()));

    /// <summary>The same with the largest resident memory up to the end of each.</summary>
    public IEnumerable<(string Name, double Seconds, long PeakBytes)> StageFacts =>
        Report.GetProperty("stages").EnumerateArray().Select(stage => (stage.GetProperty("name").GetString()!, stage.GetProperty("seconds").GetDouble(), stage.GetProperty("peakBytes").GetInt64()));

    /// <summary>A number of the dense or the pruned model: <c>bytes</c>, <c>parameters</c>, <c>macs</c>.</summary>
    public long Count(string model, string what) => Report.GetProperty(model).GetProperty(what).GetInt64();

    /// <summary>Evaluation on one set: <c>hold-out</c>, <c>calibration</c> or <c>test</c>.</summary>
    public SetFigures On(string set)
    {
        JsonElement found = Report.GetProperty("evaluation").EnumerateArray().Single(e => e.GetProperty("set").GetString() == set);
        return new SetFigures(
            found.GetProperty("samples").GetInt32(), found.GetProperty("kl").GetDouble(), found.GetProperty("agreement").GetDouble(),
            Top1("dense"), Top1("pruned"));

        double? Top1(string model) => found.GetProperty("top1") is { ValueKind: JsonValueKind.Object } top1 ? top1.GetProperty(model).GetDouble() : null;
    }
}

/// <summary>How close the pruned model is to the dense one on a set.</summary>
/// <param name="Samples">Samples run.</param>
/// <param name="Kl">Mean KL(dense ‖ pruned) in nats.</param>
/// <param name="Agreement">Share with the same top-1.</param>
/// <param name="DenseTop1">Accuracy of the dense model, where there are labels.</param>
/// <param name="PrunedTop1">Accuracy of the pruned model.</param>
internal sealed record SetFigures(int Samples, double Kl, double Agreement, double? DenseTop1, double? PrunedTop1);
