using System.Globalization;
using PruneTasks.Json;
using PruneTasks.Worker.Cli;

namespace PruneTasks.Worker.Explaining;

/// <summary>Answers, from a report.json alone, why a layer was kept or cut.</summary>
internal static class LayerExplainer
{
    /// <summary>Names in a message; the report lists all.</summary>
    private const int MostNames = 20;

    /// <summary>Explains a layer.</summary>
    /// <param name="file">The report's file, for messages.</param>
    /// <param name="report">The report.</param>
    /// <param name="layer">A layer's name, a kind of unit as <c>ffn</c>, a block as <c>block 3</c>, or a part of a name; case does not count.</param>
    /// <exception cref="CommandLineException">The report speaks of no such layer.</exception>
    /// <exception cref="JsonReadException">The report lacks what it should have.</exception>
    public static LayerExplanation Explain(string file, JsonValue report, string layer)
    {
        IReadOnlyList<JsonValue> sites = report.RequireArray("sites").Items;
        (string Node, string Reason)[] refusals = [.. report.RequireArray("refusals").Items.Select(r => (r.RequireString("node"), r.RequireString("reason")))];
        int[] exact = [.. Indexes(site => Same(site.RequireString("layer"), layer))];
        int[] kind = [.. Indexes(site => string.Equals(site.RequireString("kind"), layer, StringComparison.OrdinalIgnoreCase))];
        int[] chosen = exact.Length > 0 ? exact
            : kind.Length > 0 ? kind
            : BlockOf(layer) is { } block ? [.. Indexes(site => site.RequireInt("block") == block)]
            : [.. Indexes(site => Contains(site.RequireString("layer"), layer))];
        // A reason begins with the kind that it is about.
        (string, string)[] refused = exact.Length > 0 || BlockOf(layer) is not null ? []
            : [.. refusals.Where(r => (kind.Length == 0 && Contains(r.Node, layer)) || r.Reason.StartsWith(layer + ": ", StringComparison.OrdinalIgnoreCase))];
        if (chosen.Length == 0 && refused.Length == 0)
        {
            string[] names = [.. sites.Select(site => site.RequireString("kind")).Distinct(StringComparer.Ordinal).Concat(sites.Select(site => $"'{site.RequireString("layer")}'")).Concat(refusals.Select(r => r.Node)).Distinct(StringComparer.Ordinal)];
            throw new CommandLineException(names.Length == 0
                ? "the report lists no layer: nothing that can be pruned was found"
                : $"the report has no kind '{layer}' and no layer with that in its name; it has {string.Join(", ", names.Take(MostNames))}{(names.Length > MostNames ? ", …" : "")}");
        }
        return new LayerExplanation(file, [.. chosen.Select(i => Site(report, sites, i))], refused);

        IEnumerable<int> Indexes(Func<JsonValue, bool> wanted) => Enumerable.Range(0, sites.Count).Where(i => wanted(sites[i]));
    }

    private static SiteExplanation Site(JsonValue report, IReadOnlyList<JsonValue> sites, int index)
    {
        JsonValue site = sites[index];
        (string kind, string layer) = (site.RequireString("kind"), site.RequireString("layer"));
        (int dense, int kept) = (site.RequireInt("dense"), site.RequireInt("kept"));
        JsonValue? budget = report.FindObject("budget"), prices = report.FindObject("prices");
        JsonValue? share = Find(budget?.FindArray("sites"), kind, layer), price = Find(prices?.FindArray("sites"), kind, layer);
        double[] curve = [.. price?.RequireArray("curve").Items.Select(p => p.Kind == JsonKind.Number ? p.AsDouble("curve") : double.NaN) ?? []];
        int? uniform = Number(share, "uniform") is { } u ? (int)u : null;
        // Groups went by a plan of their own: what the second plan costs has no part of theirs.
        PriceFacts facts = new(dense, kept, uniform, curve, kind == "group" ? null : Number(budget, "price"), prices?.FindString("unit"));
        List<string> why =
        [
            .. ExplanationText.Width(budget?.FindString("allocation"), kind, facts),
            .. ExplanationText.Additivity(report.FindObject("additivity")),
            .. ExplanationText.Partition(Group(report.FindObject("partition"), sites, index)),
            .. ExplanationText.Frozen(report.FindObject("steps"), layer),
        ];
        return new SiteExplanation
        {
            Kind = kind,
            Block = site.RequireInt("block"),
            Layer = layer,
            Heads = site.RequireInt("heads"),
            Dense = dense,
            Kept = kept,
            Error = Number(site, "error"),
            Why = why,
            Prices = Widths(facts, price),
            PricedBy = prices is null ? null : $"{prices.RequireString("unit")}, by {prices.RequireString("reason")}",
        };
    }

    private static IReadOnlyList<WidthPrice> Widths(PriceFacts facts, JsonValue? price)
    {
        if (facts.Curve.Count == 0) return [];
        SortedDictionary<int, List<string>> marks = [];
        Mark(facts.Dense, "dense");
        foreach (JsonValue point in price!.RequireArray("measured").Items) Mark(point.RequireInt("kept"), "measured");
        if (facts.Uniform is { } uniform) Mark(uniform, "equal shares");
        if (facts.Kept < facts.Dense - 1) Mark(facts.Kept + 1, "one more");
        Mark(facts.Kept, "chosen");
        if (facts.Kept > 0) Mark(facts.Kept - 1, "one fewer");
        return [.. marks.Reverse().Select(width => new WidthPrice(width.Key, facts.At(width.Key), string.Join(", ", width.Value)))];

        void Mark(int kept, string mark)
        {
            if (!marks.TryGetValue(kept, out List<string>? list)) marks.Add(kept, list = []);
            list.Add(mark);
        }
    }

    private static JsonValue? Find(JsonValue? sites, string kind, string layer) =>
        sites?.Items.FirstOrDefault(site => site.RequireString("kind") == kind && site.RequireString("layer") == layer);

    // The groups of the level of sites are the sites with more than one unit, in their order, without groups of heads, which have gone before; queries and keys have the name of their values.
    private static JsonValue? Group(JsonValue? partition, IReadOnlyList<JsonValue> sites, int index)
    {
        IReadOnlyList<JsonValue> groups = partition?.FindObject("sites")?.RequireArray("groups").Items ?? [];
        int[] told = [.. Enumerable.Range(0, sites.Count).Where(i => sites[i].RequireInt("dense") > 1 && sites[i].RequireString("kind") != "group")];
        int place = Array.IndexOf(told, index);
        return place >= 0 && groups.Count == told.Length && groups[place].RequireString("name") == sites[index].RequireString("layer") ? groups[place] : null;
    }

    private static double? Number(JsonValue? owner, string name) => owner?.Find(name) is { Kind: JsonKind.Number } number ? number.AsDouble(name) : null;

    private static int? BlockOf(string layer) =>
        layer.StartsWith("block ", StringComparison.OrdinalIgnoreCase) && int.TryParse(layer.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int block) ? block : null;

    private static bool Same(string name, string wanted) => string.Equals(name, wanted, StringComparison.Ordinal);

    private static bool Contains(string name, string part) => name.Contains(part, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Width and prices of one place.</summary>
/// <param name="Dense">Units of the dense model.</param>
/// <param name="Kept">Units kept.</param>
/// <param name="Uniform">Units that equal shares would keep; null where that was not planned.</param>
/// <param name="Curve">Price for 0, 1, … units kept; empty without prices.</param>
/// <param name="Total">Sum of the prices of all places; null without prices.</param>
/// <param name="Unit">Unit of the prices.</param>
internal sealed record PriceFacts(int Dense, int Kept, int? Uniform, IReadOnlyList<double> Curve, double? Total, string? Unit)
{
    /// <summary>Price of a width; nothing is lost by the full one.</summary>
    public double? At(int kept) => kept >= 0 && kept < Curve.Count && double.IsFinite(Curve[kept]) ? Curve[kept] : kept == Dense && Curve.Count > 0 ? 0 : null;
}
