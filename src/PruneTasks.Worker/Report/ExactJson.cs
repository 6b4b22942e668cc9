using PruneTasks.Json;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>What was left out without changing a result, for report.json.</summary>
internal static class ExactJson
{
    /// <summary>The member <c>exact</c>.</summary>
    public static JsonValue Write(ExactRewrites? exact) => exact is null ? JsonValue.Null : JsonValue.Object(
        ("macsBefore", JsonValue.Of(exact.MacsBefore)),
        ("macsAfter", JsonValue.Of(exact.MacsAfter)),
        ("difference", EvaluationJson.Number(exact.Difference)),
        ("rewrites", JsonValue.Array(exact.Done.Select(rewrite => JsonValue.Object(
            ("kind", JsonValue.Of(rewrite.Kind)),
            ("what", JsonValue.Of(rewrite.What)),
            ("before", Cost(rewrite.Before)),
            ("after", Cost(rewrite.After)),
            ("difference", EvaluationJson.Number(rewrite.Difference)))))),
        ("undone", JsonValue.Array(exact.Undone.Select(undone => JsonValue.Object(
            ("kind", JsonValue.Of(undone.Kind)), ("reason", JsonValue.Of(undone.Reason)))))),
        ("tokens", JsonValue.Array((exact.Slice?.Selections ?? []).Select(selection => JsonValue.Object(
            ("value", JsonValue.Of(selection.Value)),
            ("axis", JsonValue.Of((long)selection.Axis)),
            ("kept", JsonValue.Array(selection.Tokens.Select(JsonValue.Of))),
            ("nodes", JsonValue.Of((long)selection.Nodes)))))));

    private static JsonValue Cost(RewriteCost cost) => JsonValue.Object(
        ("macs", JsonValue.Of(cost.Macs)), ("parameters", JsonValue.Of(cost.Parameters)), ("bytes", JsonValue.Of(cost.Bytes)));
}
