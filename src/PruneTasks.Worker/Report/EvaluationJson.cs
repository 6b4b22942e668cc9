using PruneTasks.Json;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Report;

/// <summary>Comparisons and times as JSON. The fields are listed in docs/report.md.</summary>
internal static class EvaluationJson
{
    /// <summary>A number, or <c>null</c> where there is none (JSON has no NaN).</summary>
    public static JsonValue Number(double? value) => value is { } number && double.IsFinite(number) ? JsonValue.Of(number) : JsonValue.Null;

    /// <summary>The two accuracies; null without labels.</summary>
    public static JsonValue Top1(Comparison comparison, string pruned, string dense) => comparison.DenseTop1 is null
        ? JsonValue.Null
        : JsonValue.Object(
            (pruned, Number(comparison.PrunedTop1)),
            (dense, Number(comparison.DenseTop1)),
            ("samples", JsonValue.Of((long)comparison.Labelled)));

    /// <summary>How far each output moves.</summary>
    public static JsonValue Outputs(Comparison comparison) => JsonValue.Array(comparison.Outputs.Select(output => JsonValue.Object(
        ("name", JsonValue.Of(output.Name)),
        ("nmse", Number(output.Nmse)),
        ("maxAbs", Number(output.MaxAbs)))));

    /// <summary>Times in milliseconds.</summary>
    public static JsonValue Latency(Latency? latency, string pruned, string dense) => latency is null
        ? JsonValue.Null
        : JsonValue.Object(
            (pruned, Time(latency.Pruned)),
            (dense, Time(latency.Dense)),
            ("ratio", Number(latency.Ratio)),
            ("runs", JsonValue.Of((long)latency.Runs)),
            ("batch", JsonValue.Of(1L)),
            ("threads", JsonValue.Of(1L)));

    private static JsonValue Time(RunTime time) => JsonValue.Object(("median", Number(time.Median)), ("p90", Number(time.P90)));
}
