using PruneTasks.Json;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Report;

/// <summary>Metrics with intervals, and the contract, as JSON. The fields are listed in docs/report.md.</summary>
internal static class QualityJson
{
    /// <summary>The contract; null without one.</summary>
    public static JsonValue Write(QualityReport? quality) => quality is null ? JsonValue.Null : JsonValue.Object(
        ("metric", JsonValue.Of(quality.Contract.Metric)),
        ("set", JsonValue.Of(quality.Set)),
        ("before", EvaluationJson.Number(quality.Value.Before)),
        ("after", EvaluationJson.Number(quality.Value.After)),
        ("drop", EvaluationJson.Number(quality.Value.Drop)),
        ("interval", Range(quality.Value.Interval)),
        ("limit", EvaluationJson.Number(quality.Contract.MaxDrop)),
        ("onMiss", JsonValue.Of(quality.Contract.OnMiss)),
        ("met", JsonValue.Of(quality.Met)),
        ("fits", quality.Fits is { } fits ? JsonValue.Object((fits.Key, EvaluationJson.Number(fits.Share))) : JsonValue.Null));

    /// <summary>All metrics that exist for a comparison.</summary>
    public static JsonValue Metrics(Comparison comparison) => JsonValue.Array(MetricValue.All.Select(metric => MetricValue.Of(comparison, metric)).OfType<MetricValue>().Select(value =>
        JsonValue.Object(
            ("metric", JsonValue.Of(value.Metric)),
            ("before", EvaluationJson.Number(value.Before)),
            ("after", EvaluationJson.Number(value.After)),
            ("drop", EvaluationJson.Number(value.Drop)),
            ("interval", Range(value.Interval)),
            ("samples", JsonValue.Of((long)value.Samples)))));

    private static JsonValue Range(Range95 range) => JsonValue.Array([EvaluationJson.Number(range.Low), EvaluationJson.Number(range.High)]);
}
