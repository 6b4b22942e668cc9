using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>What whole key and value groups and the dimensions of the heads that stay save together: a product, of which each side alone counts the corner.</summary>
public static class KeyGroupCosts
{
    /// <summary>One entry for each pair of a site of groups and a site of dimensions of the same attention layer, beside <see cref="SharedLayers"/>.</summary>
    /// <param name="sites">Sites of a plan.</param>
    /// <param name="oneSample">Shapes with the batch axis bound to 1.</param>
    public static IReadOnlyList<SharedLayer> Of(IReadOnlyList<PruneSite> sites, InferredShapes oneSample)
    {
        List<SharedLayer> shared = [];
        foreach (ChannelSite group in sites.OfType<ChannelSite>().Where(s => s.Kind == UnitKind.KeyGroup))
        {
            HashSet<Value> weights = [.. group.Constants.Select(c => c.Constant)];
            foreach (PruneSite dimensions in sites.Where(s => s is ValueOutputSite or ScoreGroupSite && SiteAxes.Of(s).Any(a => weights.Contains(a.Value))))
            {
                // Columns, rows and products of a dimension are there once for each head, and every group has as many heads.
                Cost each = SiteCosts.Of(dimensions, oneSample);
                shared.Add(new SharedLayer([(group, 1)], [(dimensions, 1)], new Cost(each.Macs / group.Units, each.Parameters / group.Units, each.Bytes / group.Units)));
            }
        }
        return shared;
    }
}
