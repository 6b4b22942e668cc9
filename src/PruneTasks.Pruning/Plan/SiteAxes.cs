using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Which axes a site makes shorter, and by how much for each unit.</summary>
internal static class SiteAxes
{
    /// <summary>Axes of weights; for channels also those of activations and of all other constants.</summary>
    public static IEnumerable<(Value Value, int Axis, int PerUnit)> Of(PruneSite site) => site switch
    {
        ChannelSite channels =>
        [
            .. channels.Constants.Select(c => (c.Constant, c.Axis, PerUnit(c.UnitOf))),
            .. channels.Affected.Select(a => (a.Value, a.Axis, PerUnit(a.UnitOf))),
        ],
        FfnSite ffn => [.. ffn.Producers.Select(l => Columns(l, 1)), .. ffn.Consumers.Select(l => Rows(l, 1))],
        QueryKeySite s => [Columns(s.Query.Layer, s.Query.Columns.Count), Columns(s.Key.Layer, s.Key.Columns.Count)],
        ScoreGroupSite g => [Columns(g.Query.Layer, g.Query.ColumnsPerUnit), Columns(g.Key.Layer, g.Key.ColumnsPerUnit)],
        ValueOutputSite { Attention: var a, Output: var output } => [Columns(a.Value.Layer, a.Value.Columns.Count), Rows(output.Layer, output.Rows.Count)],
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

    /// <summary>Coordinates of unit 0; every unit of a site has as many.</summary>
    private static int PerUnit(IReadOnlyList<int> unitOf) => unitOf.Count(u => u == 0);

    private static (Value, int, int) Columns(LinearView layer, int perUnit) => (layer.Weight, layer.OutAxis, perUnit);

    private static (Value, int, int) Rows(LinearView layer, int perUnit) => (layer.Weight, layer.InAxis, perUnit);

    /// <summary>Nodes that make or read what becomes shorter, each once, in the order of the axes.</summary>
    public static IEnumerable<Node> Nodes(IEnumerable<PruneSite> sites) =>
        sites.SelectMany(Of).Select(a => a.Value).Distinct().SelectMany(v => v.Uses.Select(u => u.Node).Prepend(v.Producer)).OfType<Node>().Distinct();
}
