using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A linear layer that loses columns to some sites and rows to others, as between two feed-forward layers in a chain.</summary>
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
    /// <summary>The layers of which some of <paramref name="sites"/> remove columns and others rows, in the order of the sites.</summary>
    /// <param name="sites">All sites of a model.</param>
    /// <param name="oneSample">Shapes with the batch axis bound to 1.</param>
    public static IReadOnlyList<SharedLayer> Of(IReadOnlyList<PruneSite> sites, InferredShapes oneSample)
    {
        var columns = sites.SelectMany(Columns).ToLookup(p => p.Layer.Node);
        var rows = sites.SelectMany(Rows).ToLookup(p => p.Layer.Node);
        return
        [
            .. columns.Where(group => rows.Contains(group.Key)).Select(group => new SharedLayer(
                [.. group.Select(p => (p.Site, p.PerUnit))], [.. rows[group.Key].Select(p => (p.Site, p.PerUnit))], Element(group.First().Layer, oneSample))),
        ];
    }

    private static Cost Element(LinearView layer, InferredShapes oneSample) =>
        new(SiteCosts.Vectors(layer, oneSample), 1, TensorData.SizeOf(layer.Weight.Type) ?? 4);

    private static IEnumerable<(LinearView Layer, PruneSite Site, int PerUnit)> Columns(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Producers.Select(layer => (layer, site, 1)),
        QueryKeySite s => [(s.Query.Layer, site, s.Query.Columns.Count), (s.Key.Layer, site, s.Key.Columns.Count)],
        ScoreGroupSite g => [(g.Query.Layer, site, g.Query.ColumnsPerUnit), (g.Key.Layer, site, g.Key.ColumnsPerUnit)],
        ValueOutputSite { Attention: var a } => [(a.Value.Layer, site, a.Value.Columns.Count)],
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

    private static IEnumerable<(LinearView Layer, PruneSite Site, int PerUnit)> Rows(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Consumers.Select(layer => (layer, site, 1)),
        ValueOutputSite { Output: var output } => [(output.Layer, site, output.Rows.Count)],
        _ => [],
    };
}
