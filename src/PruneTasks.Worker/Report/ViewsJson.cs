using PruneTasks.Json;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>Views of the calibration samples, for report.json.</summary>
internal static class ViewsJson
{
    /// <summary>The member <c>views</c>.</summary>
    public static JsonValue Write(ViewReport? views) => views is null ? JsonValue.Null : JsonValue.Object(
        ("kind", JsonValue.Of(views.Kind)),
        ("count", JsonValue.Of((long)views.Count)),
        ("flip", views.Flip is not { } flip ? JsonValue.Null : JsonValue.Object(
            ("used", JsonValue.Of(flip.Used)),
            ("mirrored", EvaluationJson.Number(flip.Mirrored)),
            ("moved", EvaluationJson.Number(flip.Moved)))));
}
