using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Takes the removed units out of the graph: weights get fewer rows and columns, shapes follow.</summary>
/// <remarks>
/// Expects weights in which removed units are already gone in effect (rows of the consumer zero, projections rotated so that the kept
/// dimensions come first); then the removed model computes what the masked one does, up to rounding.
/// </remarks>
public static class PhysicalRemoval
{
    /// <summary>Applies <paramref name="removals"/> to the graph in which their sites were found.</summary>
    public static void Apply(OnnxModel model, IReadOnlyList<SiteRemoval> removals, ShapeInvariants invariants)
    {
        Graph graph = model.Graph;
        ShapePatcher patcher = new(graph, invariants);
        ProjectionRewriter projections = new(graph, patcher);
        foreach (SiteRemoval removal in removals.Where(r => r.Kept.Count < r.Site.Units))
        {
            HashSet<int> kept = [.. removal.Kept];
            foreach (AffectedAxis axis in removal.Site.Affected) patcher.Shorten(axis, axis.KeptCoordinates(kept).Length);
            switch (removal.Site)
            {
                case FfnSite ffn:
                    foreach (LinearView layer in ffn.Producers) LayerSlicer.KeepColumns(graph, layer, removal.Kept);
                    foreach (LinearView layer in ffn.Consumers) LayerSlicer.KeepRows(graph, layer, removal.Kept);
                    foreach (ConstantOperand constant in ffn.Constants) LayerSlicer.Keep(graph, constant, removal.Kept);
                    break;
                case QueryKeySite { Attention: var attention }:
                    projections.Narrow(attention.Query, kept);
                    projections.Narrow(attention.Key, kept);
                    break;
                case ValueOutputSite { Attention: var attention }:
                    projections.Narrow(attention.Value, kept);
                    LayerSlicer.KeepRows(graph, attention.Output!.Layer, KeptRows(attention.Output, kept));
                    break;
                default:
                    throw new InvalidOperationException($"no removal for {removal.Site.Kind}");
            }
        }
        patcher.Apply();
        projections.Apply(removals.Select(r => r.Site).OfType<QueryKeySite>().Select(s => s.Attention)
            .Concat(removals.Select(r => r.Site).OfType<ValueOutputSite>().Select(s => s.Attention)).Distinct());
        graph.RemoveUnused();
    }

    private static int[] KeptRows(HeadOutput output, HashSet<int> kept) =>
        [.. output.Rows.SelectMany(h => h.Where((_, j) => kept.Contains(j))).Order()];
}
