using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Lists everything in a graph that can be pruned, from its structure alone: no name of a node, value or file is looked at.</summary>
public static class UnitFinder
{
    /// <summary>Finds sites and refusals.</summary>
    /// <param name="model">The model; not changed.</param>
    /// <param name="shapes">Shapes with symbolic axes bound to sizes above 1.</param>
    public static UnitInventory Find(OnnxModel model, InferredShapes shapes)
    {
        LayoutOperators layout = new(shapes, model);
        LinearLayers layers = new(model.Graph);
        List<PruneSite> sites = [];
        List<Refusal> refusals = [];
        HashSet<LinearView> projections = [], taken = [];

        AttentionFinder attentions = new(model, layers, layout);
        foreach (Node softmax in model.Graph.Nodes.Where(n => n is { OpType: "Softmax", Domain: "" }))
        {
            if (Look(attentions, softmax, refusals) is not { } attention) continue;
            projections.UnionWith(attention.Projections.Select(p => p.Layer));
            if (attention.Output is not null) taken.Add(attention.Output.Layer);
            AddSites(attention, sites);
        }

        foreach (ScoreGroupSite group in attentions.ScoreGroups)
        {
            projections.UnionWith([group.Query.Layer, group.Key.Layer]);
            sites.Add(group);
        }

        foreach (Node node in model.Graph.Nodes.Where(IsFusedAttention))
        {
            RefusedException fused = new(RefusalReason.Barrier, node, $"{node.OpType} computes a whole attention layer in one operator: {UnfusedAttention.Keeps(node) ?? "it is used in a form that is not taken apart, or exact rewrites are off"}");
            refusals.Add(fused.ToRefusal(UnitKind.QueryKey, node.Outputs[0].Name));
            refusals.Add(fused.ToRefusal(UnitKind.ValueOutput, node.Outputs[0].Name));
        }

        FfnFinder ffns = new(layers, layout, OperatorTable.Default);
        HashSet<LinearView> inFfn = [];
        foreach (LinearView layer in model.Graph.Nodes.Select(n => layers.ByNode.GetValueOrDefault(n)).OfType<LinearView>())
        {
            // A layer with one output has nothing that could go.
            if (layer.OutFeatures < 2 || projections.Contains(layer) || taken.Contains(layer) || inFfn.Contains(layer)) continue;
            try
            {
                FfnSite site = ffns.Find(layer);
                if (site.Units < 2) continue;
                if (site.Consumers.FirstOrDefault(projections.Contains) is { } projection)
                    throw new RefusedException(RefusalReason.Barrier, projection.Node, "the hidden axis is read by an attention projection");
                inFfn.UnionWith(site.Producers);
                sites.Add(site);
            }
            catch (Exception e) when (RefusedException.IsContradiction(e))
            {
                refusals.Add(RefusedException.Of(e, layer.Node).ToRefusal(UnitKind.Ffn, layer.Output.Name));
            }
        }

        UnitInventory channels = ChannelFinder.Find(model, sites);
        sites.AddRange(channels.Sites);
        // One line for each layer: what was found as channels is not refused, and what the feed-forward finder has a reason for is not told twice.
        Dictionary<string, string> names = layers.ByNode.ToDictionary(l => l.Key.Outputs[0].Name, l => l.Value.Output.Name);
        HashSet<string> found = [.. channels.Sites.OfType<ChannelSite>().SelectMany(s => s.Producers).Select(p => NameOf(p.Node.Outputs[0].Name))];
        refusals.RemoveAll(r => r.Kind == UnitKind.Ffn && found.Contains(r.Where));
        HashSet<string> told = [.. refusals.Where(r => r.Kind == UnitKind.Ffn).Select(r => r.Where)];
        refusals.AddRange(channels.Refusals.Select(r => r with { Where = NameOf(r.Where) }).Where(r => !told.Contains(r.Where)));
        Dictionary<Node, int> position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        return new UnitInventory([.. sites.OrderBy(s => position[s.First]).ThenBy(s => s.Kind)], refusals);

        string NameOf(string output) => names.GetValueOrDefault(output, output);
    }

    private static AttentionLayer? Look(AttentionFinder attentions, Node softmax, List<Refusal> refusals)
    {
        try
        {
            return attentions.Find(softmax, refusals);
        }
        catch (Exception e) when (RefusedException.IsContradiction(e))
        {
            RefusedException refused = RefusedException.Of(e, softmax);
            refusals.Add(refused.ToRefusal(UnitKind.QueryKey, softmax.Outputs[0].Name));
            refusals.Add(refused.ToRefusal(UnitKind.ValueOutput, softmax.Outputs[0].Name));
            return null;
        }
    }

    // ai.onnx since opset 23, and com.microsoft.
    private static bool IsFusedAttention(Node node) =>
        node is { Domain: "" or "com.microsoft", OpType: "Attention" or "MultiHeadAttention" or "GroupQueryAttention" or "QAttention" or "PackedAttention" or "PackedMultiHeadAttention" or "DecoderMaskedMultiHeadAttention" or "LongformerAttention" };

    private static void AddSites(AttentionLayer attention, List<PruneSite> sites)
    {
        string name = attention.Output?.Layer.Output.Name ?? attention.Softmax.Outputs[0].Name;
        Node first = attention.Projections.First().Layer.Node;
        if (attention is { Query: { } query, Key: { } key } && query.Columns[0].Count > 1)
            sites.Add(new QueryKeySite(name, query.Columns[0].Count, [.. query.Affected, .. key.Affected], first, attention));
        if (attention.Output is { } output && attention.Value.Columns[0].Count > 1)
            sites.Add(new ValueOutputSite(name, attention.Value.Columns[0].Count, [.. attention.Value.Affected, .. output.Affected], first, attention));
    }
}
