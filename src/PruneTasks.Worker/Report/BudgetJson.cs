using PruneTasks.Json;

namespace PruneTasks.Worker.Report;

/// <summary>How the budget was spent, as JSON. The fields are listed in docs/report.md.</summary>
internal static class BudgetJson
{
    /// <summary>The section; null where nothing is known.</summary>
    public static JsonValue Write(BudgetReport? budget) => budget is null ? JsonValue.Null : JsonValue.Object(
        ("allocation", JsonValue.Of(budget.Allocation)),
        ("bounds", JsonValue.Array(budget.Bounds.Select(bound => JsonValue.Object(
            ("key", JsonValue.Of(bound.Key)), ("asked", EvaluationJson.Number(bound.Asked)), ("reached", EvaluationJson.Number(bound.Reached)))))),
        ("price", EvaluationJson.Number(budget.Price)),
        ("uniformPrice", EvaluationJson.Number(budget.UniformPrice)),
        ("uniform", Uniform(budget.Uniform)),
        ("curve", budget.Curve is { } curve ? JsonValue.Array(curve.Points.Select(p => JsonValue.Object(("macs", EvaluationJson.Number(p.Share)), ("price", EvaluationJson.Number(p.Price))))) : JsonValue.Null),
        ("trials", JsonValue.Array(budget.Trials.Select(trial => JsonValue.Object(
            ("macs", EvaluationJson.Number(trial.Share)), ("drop", EvaluationJson.Number(trial.Drop)), ("met", JsonValue.Of(trial.Met)))))),
        ("trialSet", budget.TrialSet is { } set ? JsonValue.Of(set) : JsonValue.Null),
        ("latency", Latency(budget.Latency)),
        ("sites", JsonValue.Array(budget.Sites.Select(Site))),
        ("notes", JsonValue.Array(budget.Notes.Select(JsonValue.Of))));

    private static JsonValue Uniform(UniformTrial? uniform) => uniform is null ? JsonValue.Null : JsonValue.Object(
        ("samples", JsonValue.Of((long)uniform.Samples)),
        ("measure", JsonValue.Of(uniform.Measure)),
        ("measured", EvaluationJson.Number(uniform.Measured)),
        ("uniform", EvaluationJson.Number(uniform.Uniform)),
        ("difference", EvaluationJson.Number(uniform.Difference)),
        ("standardError", EvaluationJson.Number(uniform.StandardError)),
        ("overruled", JsonValue.Of(uniform.Overruled)));

    private static JsonValue Latency(ExpectedLatency? latency) => latency is null ? JsonValue.Null : JsonValue.Object(
        ("expected", EvaluationJson.Number(latency.Share)),
        ("measured", EvaluationJson.Number(latency.Measured)),
        ("processor", JsonValue.Of(latency.Processor)),
        ("fromCache", JsonValue.Of(latency.FromCache)),
        ("shapes", JsonValue.Of((long)latency.Sites)));

    private static JsonValue Site(SiteBudget site) => JsonValue.Object(
        ("kind", JsonValue.Of(site.Kind)),
        ("layer", JsonValue.Of(site.Layer)),
        ("dense", JsonValue.Of((long)site.Units)),
        ("kept", JsonValue.Of((long)site.Keep)),
        ("uniform", site.UniformKeep is { } keep ? JsonValue.Of((long)keep) : JsonValue.Null),
        ("price", EvaluationJson.Number(site.Price)),
        ("uniformPrice", EvaluationJson.Number(site.UniformPrice)));
}
