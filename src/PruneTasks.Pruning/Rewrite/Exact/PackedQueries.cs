using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// A layer that makes queries, keys and values at once has to work on all tokens. Where queries are needed of some tokens only, it is replaced by a
/// layer of its own for each role: the same products, and the selection then passes through that of the queries.
/// </summary>
internal static class PackedQueries
{
    /// <summary>Takes apart the packed projections of attention layers of which <paramref name="plan"/> needs only some queries.</summary>
    /// <returns>Whether there was one; the plan is then to be made again.</returns>
    public static bool Unpack(OnnxModel model, ShapeInvariants invariants, TokenSlicePlan plan)
    {
        UnitInventory inventory = UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Taken(model)));
        AttentionLayer[] packed =
        [
            .. inventory.Sites.OfType<QueryKeySite>().Select(s => s.Attention).Concat(inventory.Sites.OfType<ValueOutputSite>().Select(s => s.Attention)).Distinct()
                .Where(a => plan.Nodes.ContainsKey(a.Softmax) && a is { Query: { } query, Key: { } key } && (query.Layer == key.Layer || query.Layer == a.Value.Layer)
                    && a.Projections.All(r => r.Layer != query.Layer || HasKnownSizes(r, invariants))),
        ];
        if (packed.Length == 0) return false;
        ProjectionRewriter rewriter = new(model.Graph, new ShapePatcher(model.Graph, invariants));
        foreach (HeadProjection query in packed.Select(a => a.Query!)) rewriter.Narrow(query, [.. Enumerable.Range(0, query.Columns[0].Count)]);
        rewriter.Apply(packed);
        model.Graph.RemoveUnused();
        return true;
    }

    // Readers of Shape move to the new layer, whose lead axes are the same; sizes behind them have to be constants.
    private static bool HasKnownSizes(HeadProjection role, ShapeInvariants invariants) =>
        role.Entry.Replaced.SelectMany(v => v.Uses).Where(u => u.Node.OpType == "Shape").All(u =>
            invariants.ElementCount(u.Node.Outputs[0]) is { } count
            && Enumerable.Range(0, count).All(i => i + u.Node.Int("start", 0) < role.Entry.LeadRank || invariants.ElementOf(u.Node.Outputs[0], i) is not null));
}
