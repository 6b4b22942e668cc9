using PruneTasks.Json;

namespace PruneTasks.Worker.Report;

/// <summary>The prices behind the plan as JSON. The fields are listed in docs/report.md.</summary>
internal static class PricesJson
{
    /// <summary>An object; null where the plan needed no prices.</summary>
    public static JsonValue Of(PriceReport? prices) => prices is null ? JsonValue.Null : JsonValue.Object(
        ("source", JsonValue.Of(prices.Source)),
        ("reason", JsonValue.Of(prices.Reason)),
        ("unit", JsonValue.Of(prices.Unit)),
        ("passes", EvaluationJson.Number(Math.Round(prices.Passes, 2))),
        ("samples", JsonValue.Of((long)prices.Samples)),
        ("macs", EvaluationJson.Number(Math.Round(prices.Macs))),
        ("shortened", JsonValue.Array(prices.Shortened.Select(JsonValue.Of))),
        ("sites", JsonValue.Array(prices.Sites.Select(site => JsonValue.Object(
            ("kind", JsonValue.Of(site.Kind)),
            ("layer", JsonValue.Of(site.Layer)),
            ("kept", site.Kept is { } kept ? JsonValue.Of((long)kept) : JsonValue.Null),
            ("measured", JsonValue.Array(site.Measured.Select(point => JsonValue.Object(
                ("kept", JsonValue.Of((long)point.Keep)), ("price", EvaluationJson.Number(point.Price)))))),
            ("curve", JsonValue.Array(site.Curve.Select(price => EvaluationJson.Number(price)))))))));
}
