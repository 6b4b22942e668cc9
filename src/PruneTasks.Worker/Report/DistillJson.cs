using PruneTasks.Json;

namespace PruneTasks.Worker.Report;

/// <summary>Training after the build as JSON. The fields are listed in docs/report.md.</summary>
internal static class DistillJson
{
    /// <summary>An object; null where nothing was trained.</summary>
    public static JsonValue Of(DistillReport? distill) => distill is null ? JsonValue.Null : JsonValue.Object(
        ("asked", JsonValue.Of((long)distill.Asked)),
        ("steps", JsonValue.Of((long)distill.Steps)),
        ("kept", JsonValue.Of(distill.Kept)),
        ("fit", Pair(distill.Fit)),
        ("holdOut", distill.HoldOut is { } pair ? Pair(pair) : JsonValue.Null),
        ("holdOutSamples", JsonValue.Of((long)distill.HoldOutSamples)),
        ("veto", JsonValue.Of(distill.Veto)),
        ("parameters", JsonValue.Of(distill.Parameters)),
        ("samples", JsonValue.Of(distill.Samples)),
        ("remarks", JsonValue.Array(distill.Remarks.Select(JsonValue.Of))));

    private static JsonValue Pair((double Before, double After) pair) => JsonValue.Object(
        ("before", EvaluationJson.Number(pair.Before)), ("after", EvaluationJson.Number(pair.After)));
}
