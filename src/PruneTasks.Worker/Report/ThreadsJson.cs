using PruneTasks.Json;
using PruneTasks.Torch.Native;

namespace PruneTasks.Worker.Report;

/// <summary>What one thread costs, for report.json.</summary>
internal static class ThreadsJson
{
    /// <summary>The member <c>threads</c>; times in milliseconds.</summary>
    public static JsonValue Write(ThreadCost? cost) => cost is null ? JsonValue.Null : JsonValue.Object(
        ("number", JsonValue.Of((long)cost.Threads)),
        ("samples", JsonValue.Of((long)cost.Samples)),
        ("one", EvaluationJson.Number(1e3 * cost.One)),
        ("several", EvaluationJson.Number(1e3 * cost.Several)),
        ("ratio", EvaluationJson.Number(cost.Ratio)),
        ("notMeasured", cost.NotMeasured is { } why ? JsonValue.Of(why) : JsonValue.Null));
}
