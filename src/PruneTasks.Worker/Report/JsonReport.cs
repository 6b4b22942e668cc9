using PruneTasks.Json;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Report;

/// <summary>Writes report.json. The fields are listed in docs/report.md.</summary>
internal static class JsonReport
{
    /// <summary>The text, UTF-8 with LF, members in a fixed order.</summary>
    public static string Write(PruneReport report) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(1L)),
        ("name", JsonValue.Of(report.Name)),
        ("tool", JsonValue.Of(report.Version)),
        ("seed", JsonValue.Of((long)report.Seed)),
        ("spec", JsonValue.Object([.. report.Spec.Select(entry => (entry.Key, (JsonValue?)JsonValue.Of(entry.Value)))])),
        ("dense", Facts(report.Dense)),
        ("pruned", Facts(report.Pruned)),
        ("macsRemoved", EvaluationJson.Number(report.MacsRemoved)),
        ("speedBound", EvaluationJson.Number(report.SpeedBound)),
        ("exact", ExactJson.Write(report.Exact)),
        ("latency", EvaluationJson.Latency(report.Latency, "pruned", "dense")),
        ("calibration", JsonValue.Object(
            ("samples", JsonValue.Of((long)report.Calibration.Samples)),
            ("common", JsonValue.Of((long)report.Calibration.Common)),
            ("holdOut", JsonValue.Of((long)report.Calibration.HoldOut)),
            ("skipped", JsonValue.Of((long)report.Calibration.Skipped)),
            ("otherClasses", JsonValue.Of((long)report.Calibration.OtherClasses)),
            ("sha256", JsonValue.Of(report.Calibration.ContentHash)))),
        ("views", ViewsJson.Write(report.Views)),
        ("threads", ThreadsJson.Write(report.Threads)),
        ("evaluation", JsonValue.Array(report.Evaluations.Select(Evaluation))),
        ("budget", BudgetJson.Write(report.Budget)),
        ("quality", QualityJson.Write(report.Quality)),
        ("maskedDifference", EvaluationJson.Number(report.MaskedDifference)),
        ("sites", JsonValue.Array(report.Sites.Select(Site))),
        ("prices", PricesJson.Of(report.Prices)),
        ("additivity", AdditivityJson.Of(report.Additivity)),
        ("partition", PartitionJson.Of(report.Partition)),
        ("probes", ProbesJson.Of(report.Probes, report.Sites)),
        ("distill", DistillJson.Of(report.Distill)),
        ("steps", StepsJson.Write(report.Steps)),
        ("refusals", JsonValue.Array(report.Refusals.Select(refusal => JsonValue.Object(
            ("node", JsonValue.Of(refusal.Node)), ("reason", JsonValue.Of(refusal.Reason)))))),
        ("warnings", JsonValue.Array(report.Warnings.Select(JsonValue.Of))),
        ("stages", JsonValue.Array(report.Stages.Select(stage => JsonValue.Object(
            ("name", JsonValue.Of(stage.Name)), ("seconds", JsonValue.Of(Math.Round(stage.Seconds, 3))), ("peakBytes", JsonValue.Of(stage.PeakBytes))))))));

    private static JsonValue Facts(ModelFacts facts) => JsonValue.Object(
        ("bytes", JsonValue.Of(facts.Bytes)),
        ("parameters", JsonValue.Of(facts.Parameters)),
        ("macs", JsonValue.Of(facts.Macs)),
        ("sha256", JsonValue.Of(facts.Sha256)));

    private static JsonValue Evaluation(SetEvaluation evaluation)
    {
        Comparison result = evaluation.Result;
        return JsonValue.Object(
            ("set", JsonValue.Of(evaluation.Set)),
            ("path", JsonValue.Of(evaluation.Path)),
            ("samples", JsonValue.Of((long)result.Samples)),
            ("agreement", EvaluationJson.Number(result.Agreement)),
            ("kl", EvaluationJson.Number(result.Kl)),
            ("top1", EvaluationJson.Top1(result, "pruned", "dense")),
            ("metrics", QualityJson.Metrics(result)),
            ("outputs", EvaluationJson.Outputs(result)),
            ("remarks", JsonValue.Array(result.Remarks.Select(JsonValue.Of))));
    }

    private static JsonValue Site(SiteReport site) => JsonValue.Object(
        ("block", JsonValue.Of((long)site.Block)),
        ("kind", JsonValue.Of(site.Kind)),
        ("layer", JsonValue.Of(site.Layer)),
        ("heads", JsonValue.Of((long)site.Heads)),
        ("dense", JsonValue.Of((long)site.UnitsDense)),
        ("kept", JsonValue.Of((long)site.UnitsKept)),
        ("error", EvaluationJson.Number(site.Error)));
}
