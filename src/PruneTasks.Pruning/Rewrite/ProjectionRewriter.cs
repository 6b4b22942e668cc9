using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Narrows the projections of attention layers. A projection that serves one role keeps its node and loses columns. A packed one
/// (queries, keys and values from one layer) cannot: its parts would differ in width. It is replaced by a layer of its own per role.
/// </summary>
internal sealed class ProjectionRewriter(Graph graph, ShapePatcher patcher)
{
    private readonly Dictionary<HeadProjection, HashSet<int>> _kept = [];

    /// <summary>Notes that only the dimensions in <paramref name="kept"/> stay; <see cref="Apply"/> does the work.</summary>
    public void Narrow(HeadProjection projection, HashSet<int> kept) => _kept[projection] = kept;

    /// <summary>Rewrites every projection that was noted, and the other roles of a packed layer with it.</summary>
    public void Apply(IEnumerable<AttentionLayer> attentions)
    {
        foreach (AttentionLayer attention in attentions)
        {
            HeadProjection[] roles = [.. attention.Projections];
            if (!roles.Any(_kept.ContainsKey)) continue;
            foreach (IGrouping<LinearView, HeadProjection> layer in roles.GroupBy(r => r.Layer))
            {
                if (!layer.Any(_kept.ContainsKey)) continue;
                if (layer.Count() == 1 && layer.Single().Entry.Replaced.Count == 0)
                {
                    HeadProjection role = layer.Single();
                    LayerSlicer.KeepColumns(graph, role.Layer, KeptOrder(role));
                    continue;
                }
                foreach (HeadProjection role in layer) Replace(role);
            }
        }
    }

    /// <summary>Columns of the old layer that stay, in the order in which the entry gives them.</summary>
    private int[] KeptOrder(HeadProjection role)
    {
        if (!_kept.TryGetValue(role, out HashSet<int>? kept)) return [.. role.Entry.Order];
        HashSet<int> columns = [.. role.Columns.SelectMany(h => h.Where((_, j) => kept.Contains(j)))];
        return [.. role.Entry.Order.Where(columns.Contains)];
    }

    private void Replace(HeadProjection role)
    {
        LinearView layer = role.Layer;
        int[] order = KeptOrder(role);
        string name = $"{layer.Output.Name}_{role.Operand.Name}";
        TensorData weight = LayerSlicer.Along(layer.WeightAsInOut(), 1, order);
        Value result = graph.AddNode("MatMul", [layer.Input, graph.AddInitializer(name + "_weight", weight)], name + "_matmul", layer.Node).Outputs[0];
        if (layer.BiasAsVector() is { } bias)
            result = graph.AddNode("Add", [result, graph.AddInitializer(name + "_bias", LayerSlicer.Along(bias, 0, order))], name + "_linear", layer.Node).Outputs[0];
        Node next = layer.Node;
        List<Value> rows = [result];
        foreach (Node move in role.Entry.Prologue)
        {
            // Before the old node: its target may be computed from sizes read after the old layer.
            (next, Value?[] inputs) = (move, [.. move.Inputs]);
            inputs[Array.IndexOf(inputs, role.Entry.Replaced[rows.Count - 1])] = result;
            if (move.OpType == "Reshape") inputs[1] = patcher.WithLast(move, order.Length);
            result = graph.AddNode(move.OpType, inputs, $"{name}_rows", move, attributes: move.Attributes).Outputs[0];
            rows.Add(result);
        }
        if (role.Entry.Permutation.Count > 0)
        {
            // 0 copies a lead axis of the input (ONNX Reshape, allowzero = 0), so dynamic axes stay dynamic.
            long[] shape = [.. Enumerable.Repeat(0L, role.Entry.LeadRank), role.Columns.Count, order.Length / role.Columns.Count];
            result = graph.AddNode("Reshape", [result, graph.AddInitializer(name + "_shape", TensorData.Vector(shape))], name + "_heads", next).Outputs[0];
            result = graph.AddNode("Transpose", [result], name + "_operand", next, attributes: new Dictionary<string, AttributeData>
            {
                ["perm"] = role.Entry.Permutation.Select(p => (long)p).ToArray(),
            }).Outputs[0];
        }
        for (int i = 0; i < role.Entry.Replaced.Count; i++)
        {
            int row = Math.Min(i, rows.Count - 1);
            MoveShapes(role.Entry.Replaced[i], rows[row], row == rows.Count - 1 ? role.Entry.LeadRank : null);
        }
        graph.ReplaceUses(role.Entry.Value, result);
    }

    /// <summary>
    /// Readers of Shape on a value that vanishes read it from the new layer, whose lead axes are the same; all other sizes are constants.
    /// </summary>
    private void MoveShapes(Value old, Value row, int? leadRank)
    {
        foreach (Use use in old.Uses.Where(u => u.Node.OpType == "Shape").ToArray())
            patcher.MoveShape(use.Node, row, leadRank ?? (patcher.RankOf(old) - 1));
    }
}
