using PruneTasks.Json;
using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>The field <c>probes</c> of report.json (docs/report.md).</summary>
internal static class ProbesJson
{
    /// <summary>The field; null where prices were not recovered from random sets.</summary>
    public static JsonValue Of(ProbedPrices? prices, IReadOnlyList<SiteReport> sites) => prices is null ? JsonValue.Null : JsonValue.Object(
        ("solver", JsonValue.Of(prices.Recovery.Solver)),
        ("reason", JsonValue.Of(prices.Recovery.Reason)),
        ("sets", JsonValue.Of((long)prices.Probes)),
        ("passes", EvaluationJson.Number(prices.Passes)),
        ("passesOneByOne", EvaluationJson.Number(prices.PassesAlone)),
        ("prior", EvaluationJson.Number(prices.Recovery.Shrinkage)),
        ("heldOutR2", EvaluationJson.Number(prices.Recovery.HeldOutR2)),
        ("jaccard", EvaluationJson.Number(prices.Recovery.Jaccard)),
        ("sites", JsonValue.Array(sites.Select((site, i) => JsonValue.Object(
            ("kind", JsonValue.Of(site.Kind)),
            ("layer", JsonValue.Of(site.Layer)),
            ("recovered", EvaluationJson.Number(prices.Recovery.Importance[i])),
            ("price", EvaluationJson.Number(prices.Recovery.Prices[i])),
            ("low", EvaluationJson.Number(prices.Intervals[i].Low)),
            ("high", EvaluationJson.Number(prices.Intervals[i].High)))))));
}
