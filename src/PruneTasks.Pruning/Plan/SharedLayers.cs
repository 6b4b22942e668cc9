using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A layer that loses columns to some sites and rows to others, as between two feed-forward layers in a chain. One site may do both.</summary>
/// <param name="Columns">Sites that remove columns, with the columns that one unit takes.</param>
/// <param name="Rows">Sites that remove rows, with the rows that one unit takes.</param>
/// <param name="Element">Cost of one entry of the weight.</param>
public sealed record SharedLayer(IReadOnlyList<(PruneSite Site, int PerUnit)> Columns, IReadOnlyList<(PruneSite Site, int PerUnit)> Rows, Cost Element)
{
    /// <summary>What <see cref="SiteCosts"/> counts twice: r rows of c columns go once, although both sides count them.</summary>
    /// <param name="removed">Units removed from a site.</param>
    public Cost CountedTwice(Func<PruneSite, int> removed)
    {
        long entries = Columns.Sum(s => (long)s.PerUnit * removed(s.Site)) * Rows.Sum(s => (long)s.PerUnit * removed(s.Site));
        return new Cost(Element.Macs * entries, Element.Parameters * entries, Element.Bytes * entries);
    }
}

/// <summary>Finds the layers that lie between two sites.</summary>
public static class SharedLayers
{
    private sealed record Part(IReadOnlyList<(int Site, int PerUnit)> Columns, IReadOnlyList<(int Site, int PerUnit)> Rows, Cost Element);

    /// <summary>Weights and products that some of <paramref name="sites"/> make smaller along one axis and others (or the same) along another.</summary>
    /// <param name="sites">All sites of a model.</param>
    /// <param name="oneSample">Shapes with the batch axis bound to 1.</param>
    public static IReadOnlyList<SharedLayer> Of(IReadOnlyList<PruneSite> sites, InferredShapes oneSample)
    {
        Dictionary<(Value, int), List<(int Site, int PerUnit)>> takers = [];
        Dictionary<Value, SortedSet<int>> axes = [];
        for (int i = 0; i < sites.Count; i++)
        {
            foreach ((Value value, int axis, int perUnit) in SiteAxes.Of(sites[i]))
            {
                if (!takers.TryGetValue((value, axis), out List<(int, int)>? list)) takers[(value, axis)] = list = [];
                list.Add((i, perUnit));
                if (!axes.TryGetValue(value, out SortedSet<int>? seen)) axes[value] = seen = [];
                seen.Add(axis);
            }
        }
        List<Part> parts = [];
        foreach ((Value value, SortedSet<int> cut) in axes)
        {
            if (cut.Count < 2 || !SiteCosts.IsCounted(value)) continue;
            TensorData constant = value.Constant!;
            foreach ((int a, int b) in Pairs([.. cut]))
            {
                long entries = constant.Count / (constant.Shape[a] * constant.Shape[b]);
                parts.Add(new Part(takers[(value, a)], takers[(value, b)], new Cost(0, entries, entries * TensorData.SizeOf(constant.Type)!.Value)));
            }
        }
        foreach (Node node in SiteAxes.Nodes(sites))
        {
            foreach (WorkTerm term in WorkTerm.Of(node, oneSample))
            {
                (int Letter, List<(int, int)> Takers)[] cut =
                    [.. term.Letters.Select((l, i) => (i, l.Axes.Select(a => takers.GetValueOrDefault(a)).FirstOrDefault(t => t is not null)!)).Where(l => l.Item2 is not null)];
                foreach (((int Letter, List<(int, int)> Takers) a, (int Letter, List<(int, int)> Takers) b) in Pairs(cut))
                {
                    long rest = term.Letters.Where((_, i) => i != a.Letter && i != b.Letter).Aggregate(1L, (n, l) => n * l.Size);
                    parts.Add(new Part(a.Takers, b.Takers, new Cost(rest, 0, 0)));
                }
            }
        }
        // A weight and its product lie between the same sites.
        return
        [
            .. parts.GroupBy(p => $"{string.Join(',', p.Columns)}|{string.Join(',', p.Rows)}").Select(g => new SharedLayer(
                [.. g.First().Columns.Select(c => (sites[c.Site], c.PerUnit))], [.. g.First().Rows.Select(r => (sites[r.Site], r.PerUnit))],
                g.Select(p => p.Element).Aggregate((a, b) => a + b))),
        ];
    }

    /// <summary>Exact where two axes become shorter. What goes along three at once, which constants never do (<see cref="ChannelFinder"/>), is counted once too often.</summary>
    private static IEnumerable<(T A, T B)> Pairs<T>(IReadOnlyList<T> cut)
    {
        for (int i = 0; i < cut.Count; i++)
            for (int j = i + 1; j < cut.Count; j++) yield return (cut[i], cut[j]);
    }
}
