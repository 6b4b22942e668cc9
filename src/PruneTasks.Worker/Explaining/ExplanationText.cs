using System.Globalization;
using System.Text;
using PruneTasks.Json;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Explaining;

/// <summary>Explanations in words, and as JSON.</summary>
internal static class ExplanationText
{
    /// <summary>How the width came about.</summary>
    /// <param name="allocation"><c>measured</c>, <c>uniform</c>, <c>ratios</c>, or null where nothing was planned.</param>
    /// <param name="kind">Kind of unit.</param>
    /// <param name="facts">Width and prices.</param>
    public static IEnumerable<string> Width(string? allocation, string kind, PriceFacts facts)
    {
        string units = string.Create(CultureInfo.InvariantCulture, $"{facts.Kept} of {facts.Dense} units stay");
        yield return allocation switch
        {
            "ratios" => $"{units}: prune.ratios.{kind} says how many.",
            "uniform" => $"{units}: prune.allocation is uniform, so every place keeps about the same share.",
            null => $"{units}: nothing was planned.",
            _ when facts.Kept == facts.Dense => $"{units}: the budget was met by places that are cheaper to cut.",
            _ when facts.Kept == 0 => $"{units}: by its price the whole layer may go; what it gave on average is folded into what follows.",
            _ => $"{units}: that is where this place's price, set against what it saves, meets the budget.",
        };
        if (facts.At(facts.Kept) is { } price)
        {
            string share = facts.Total is > 0 and { } total ? $", {Figures.Percent(price / total)} of what the whole plan costs" : "";
            yield return $"The price of this width is {Figures.Small(price)} ({facts.Unit}){share}.";
            if (facts.Kept > 0 && facts.At(facts.Kept - 1) is { } fewer) yield return $"One unit fewer would cost {Figures.Small(fewer - price)} more.";
        }
        if (facts.Uniform is { } uniform && allocation == "measured" && uniform != facts.Kept)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"With equal shares everywhere it would keep {uniform}: it is {(uniform > facts.Kept ? "cheaper to cut" : "dearer to cut")} than the others.");
        }
    }

    /// <summary>A warning where prices of single places do not add up.</summary>
    public static IEnumerable<string> Additivity(JsonValue? additivity) =>
        additivity?.Find("holds") is { Kind: JsonKind.Bool, Text: "false" } ? ["Prices of single places do not add up in this model, so take them as an order, not as sums."] : [];

    /// <summary>What the partition says about the place.</summary>
    public static IEnumerable<string> Partition(JsonValue? group)
    {
        if (group is null) return [];
        string support = Figures.Percent(group.RequireDouble("support"));
        return [group.RequireString("class") switch
        {
            "personal" => $"The personal data needs it more than the common data does ({support} of the resamples).",
            "common" => $"The common data needs it more than the personal data does (only {support} of the resamples say otherwise).",
            _ => "Personal and common data need it about equally.",
        }];
    }

    /// <summary>Whether a step of the build was taken back there.</summary>
    public static IEnumerable<string> Frozen(JsonValue? steps, string layer) =>
        steps?.RequireArray("attempts").Items.Any(attempt => attempt.FindString("frozen") == layer) == true
            ? ["A step of the build that cut it further was refused, and it was left alone from then on."] : [];

    /// <summary>Text for a terminal.</summary>
    public static string Write(LayerExplanation explanation)
    {
        var text = new StringBuilder();
        foreach (SiteExplanation site in explanation.Sites)
        {
            string block = site.Block > 0 ? string.Create(CultureInfo.InvariantCulture, $", block {site.Block}") : "";
            string heads = site.Heads > 1 ? string.Create(CultureInfo.InvariantCulture, $" in each of {site.Heads} heads") : "";
            text.Append(CultureInfo.InvariantCulture, $"{site.Kind} at '{site.Layer}'{block}: {site.Kept} of {site.Dense} kept{heads}\n");
            if (site.Error is { } error) text.Append(CultureInfo.InvariantCulture, $"  Refitted, the layer misses {Figures.Percent(error)} of its output.\n");
            foreach (string reason in site.Why) text.Append(CultureInfo.InvariantCulture, $"  {reason}\n");
            if (site.Prices.Count > 0)
            {
                var table = new TextTable("  kept", "price", "<");
                foreach (WidthPrice width in site.Prices)
                    table.Add(string.Create(CultureInfo.InvariantCulture, $"  {width.Kept}"), width.Price is { } price ? Figures.Small(price) : "?", width.Mark);
                text.Append(CultureInfo.InvariantCulture, $"  Prices in {site.PricedBy}\n{table}");
            }
            text.Append('\n');
        }
        foreach ((string node, string reason) in explanation.Refusals) text.Append(CultureInfo.InvariantCulture, $"{node} stays dense: {reason}\n");
        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>JSON; the fields are listed in docs/report.md.</summary>
    public static string WriteJson(LayerExplanation explanation) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(1L)),
        ("report", JsonValue.Of(explanation.Report)),
        ("sites", JsonValue.Array(explanation.Sites.Select(site => JsonValue.Object(
            ("kind", JsonValue.Of(site.Kind)),
            ("block", JsonValue.Of((long)site.Block)),
            ("layer", JsonValue.Of(site.Layer)),
            ("heads", JsonValue.Of((long)site.Heads)),
            ("dense", JsonValue.Of((long)site.Dense)),
            ("kept", JsonValue.Of((long)site.Kept)),
            ("error", EvaluationJson.Number(site.Error)),
            ("why", JsonValue.Array(site.Why.Select(JsonValue.Of))),
            ("pricedBy", JsonValue.Of(site.PricedBy)),
            ("prices", JsonValue.Array(site.Prices.Select(width => JsonValue.Object(
                ("kept", JsonValue.Of((long)width.Kept)), ("price", EvaluationJson.Number(width.Price)), ("mark", JsonValue.Of(width.Mark)))))))))),
        ("refusals", JsonValue.Array(explanation.Refusals.Select(refusal => JsonValue.Object(("node", JsonValue.Of(refusal.Node)), ("reason", JsonValue.Of(refusal.Reason))))))));
}
