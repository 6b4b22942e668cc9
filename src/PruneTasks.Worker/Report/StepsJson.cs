using PruneTasks.Json;
using PruneTasks.Pruning;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>The build in steps, in report.json.</summary>
internal static class StepsJson
{
    /// <summary>The field <c>steps</c>; null where the build was made in one step.</summary>
    public static JsonValue Write(StepReport? report) => report is null ? JsonValue.Null : JsonValue.Object(
        ("steps", JsonValue.Of((long)report.Steps)),
        ("capacity", JsonValue.Of(report.Capacity)),
        ("holdOut", JsonValue.Of((long)report.HoldOut)),
        ("measure", JsonValue.Of(report.Measure)),
        ("complete", JsonValue.Of(report.Complete)),
        ("attempts", JsonValue.Array(report.Attempts.Select(attempt => Attempt(attempt, report)))));

    private static JsonValue Attempt(StepOutcome attempt, StepReport report) => JsonValue.Object(
        ("attempt", JsonValue.Of((long)attempt.Attempt)),
        ("share", EvaluationJson.Number(attempt.Share)),
        ("macsLeft", EvaluationJson.Number(report.Dense.Macs > 0 ? (double)attempt.Left.Macs / report.Dense.Macs : null)),
        ("committed", JsonValue.Of((long)attempt.Committed)),
        ("restored", JsonValue.Of((long)attempt.Restored)),
        ("swaps", JsonValue.Of((long)attempt.Swaps)),
        ("loss", EvaluationJson.Number(attempt.Verdict.Loss?.Mean)),
        ("lossError", EvaluationJson.Number(attempt.Verdict.Loss?.Error)),
        ("limit", EvaluationJson.Number(attempt.Verdict.Limit)),
        ("agreement", EvaluationJson.Number(attempt.Agreement)),
        ("drop", attempt.Verdict.Drop is { } drop
            ? JsonValue.Object(("lower", EvaluationJson.Number(drop.Lower)), ("upper", EvaluationJson.Number(drop.Upper))) : JsonValue.Null),
        ("lossAfterTraining", EvaluationJson.Number(attempt.LossAfterTraining)),
        ("accepted", JsonValue.Of(attempt.Verdict.Accepted)),
        ("reason", JsonValue.Of(attempt.Verdict.Reason)),
        ("frozen", JsonValue.Of(attempt.Frozen)));
}
