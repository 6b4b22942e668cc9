using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Takes the removed units out of the graph: weights get fewer rows and columns, shapes follow.</summary>
/// <remarks>
/// Expects weights in which removed units are already gone in effect (rows of the consumer zero, projections rotated so that the kept
/// dimensions come first); then the removed model computes what the masked one does, up to rounding.
/// </remarks>
public static class PhysicalRemoval
{
    /// <summary>
    /// Applies <paramref name="removals"/> to the graph in which their sites were found. A site that keeps nothing goes as a whole
    /// (<see cref="WholeModules"/>), the queries and keys of an attention layer with its values.
    /// </summary>
    public static void Apply(OnnxModel model, IReadOnlyList<SiteRemoval> removals, ShapeInvariants invariants)
    {
        Graph graph = model.Graph;
        ShapePatcher patcher = new(graph, invariants);
        ProjectionRewriter projections = new(graph, patcher);
        ChannelRemoval.Apply(model, removals.Where(r => r.Kept.Count < r.Site.Units), patcher, invariants);
        foreach (SiteRemoval removal in removals.Where(r => r.Kept.Count < r.Site.Units && r.Kept.Count > 0 && r.Site is not (ChannelSite or ScoreGroupSite)))
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
                case QueryKeySite scores:
                    projections.Narrow(scores.Query, kept);
                    projections.Narrow(scores.Key, kept);
                    break;
                case ValueOutputSite values:
                    projections.Narrow(values.Attention.Value, kept);
                    LayerSlicer.KeepRows(graph, values.Output.Layer, KeptRows(values.Output, kept));
                    break;
                default:
                    throw new InvalidOperationException($"no removal for {removal.Site.Kind}");
            }
        }
        patcher.Apply();
        projections.Apply(removals.Select(r => r.Site).OfType<QueryKeySite>().Select(s => s.Attention)
            .Concat(removals.Select(r => r.Site).OfType<ValueOutputSite>().Select(s => s.Attention)).Distinct());
        foreach (SiteRemoval removal in removals.Where(r => r.Kept.Count == 0 && r.Site is not (QueryKeySite or ChannelSite))) WholeModules.Remove(graph, removal.Site);
        graph.RemoveUnused();
    }

    private static int[] KeptRows(HeadOutput output, HashSet<int> kept) =>
        [.. output.Rows.SelectMany(h => h.Where((_, j) => kept.Contains(j))).Order()];
}
