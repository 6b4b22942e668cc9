using PruneTasks.Json;
using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>The field <c>additivity</c> of report.json (docs/report.md).</summary>
internal static class AdditivityJson
{
    /// <summary>The field; null where no prices were measured.</summary>
    public static JsonValue Of(AdditivityReport? report)
    {
        if (report is null) return JsonValue.Null;
        if (report.Measured is not { } measured) return JsonValue.Object(("notMeasured", JsonValue.Of(report.NotMeasured ?? "")));
        return JsonValue.Object(
            ("holds", JsonValue.Of(measured.Holds)),
            ("sites", JsonValue.Of((long)measured.Sites.Count)),
            ("samples", JsonValue.Of((long)report.Samples)),
            ("passes", EvaluationJson.Number(measured.Passes)),
            ("rankCorrelation", EvaluationJson.Number(report.RankCorrelation)),
            ("repricePasses", EvaluationJson.Number(report.RepricePasses)),
            ("observations", JsonValue.Array(measured.Observations.Select(o => JsonValue.Object(
                ("name", JsonValue.Of(NameOf(o.Observation))),
                ("r2", EvaluationJson.Number(o.Fit.R2)),
                ("ratio", EvaluationJson.Number(o.Fit.Ratio)),
                ("error", EvaluationJson.Number(o.Fit.Error)),
                ("allRatio", EvaluationJson.Number(o.AllRatio)),
                ("unions", JsonValue.Array(o.Points.Select(p => JsonValue.Object(("sum", EvaluationJson.Number(p.Sum)), ("measured", EvaluationJson.Number(p.Measured)))))))))));
    }

    /// <summary>Name of an observation in reports.</summary>
    public static string NameOf(ProbeObservation observation) => observation switch
    {
        ProbeObservation.Divergence => "kl",
        ProbeObservation.LogitError => "logit-error",
        ProbeObservation.EntropyIncrease => "entropy-increase",
        _ => throw new ArgumentOutOfRangeException(nameof(observation)),
    };
}
