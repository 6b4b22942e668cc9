using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Switches units off in a graph without removing them: the coordinates at which layers read them become zero. What <see cref="PhysicalRemoval"/> then
/// takes out has to compute the same.
/// </summary>
public static class UnitGate
{
    /// <summary>Zeroes what reads the units that are not kept. A constant that other nodes read too is copied first.</summary>
    /// <param name="graph">The graph in which the sites were found.</param>
    /// <param name="removals">Which units stay.</param>
    public static void Apply(Graph graph, IEnumerable<SiteRemoval> removals)
    {
        foreach (SiteRemoval removal in removals)
        {
            HashSet<int> kept = [.. removal.Kept];
            switch (removal.Site)
            {
                case FfnSite ffn:
                    foreach (LinearView layer in ffn.Consumers) Rows(graph, layer, [.. Enumerable.Range(0, ffn.Units).Where(u => !kept.Contains(u))]);
                    break;
                // A product of which one factor is zero: either side would do.
                case QueryKeySite scores:
                    Columns(graph, scores.Query.Layer, Gone(scores.Query.Columns, kept));
                    break;
                case ScoreGroupSite groups:
                    Columns(graph, groups.Query.Layer, [.. Enumerable.Range(0, groups.Query.UnitOfColumn.Count).Where(c => groups.Query.UnitOfColumn[c] >= 0 && !kept.Contains(groups.Query.UnitOfColumn[c]))]);
                    break;
                case ValueOutputSite values:
                    Rows(graph, values.Output.Layer, Gone(values.Output.Rows, kept));
                    break;
                case ChannelSite channels:
                    foreach (ChannelEnd end in channels.Consumers)
                        Zero(graph, end.Node, end.WeightInput, end.WeightAxis, [.. Enumerable.Range(0, end.UnitOf.Count).Where(c => end.UnitOf[c] >= 0 && !kept.Contains(end.UnitOf[c]))]);
                    break;
                default:
                    throw new InvalidOperationException($"no gate for {removal.Site.Kind}");
            }
        }
    }

    private static int[] Gone(IReadOnlyList<IReadOnlyList<int>> heads, HashSet<int> kept) => [.. heads.SelectMany(head => head.Where((_, unit) => !kept.Contains(unit)))];

    private static void Rows(Graph graph, LinearView layer, int[] rows) => Zero(graph, layer.WeightNode, layer.WeightInput, layer.InAxis, rows);

    private static void Columns(Graph graph, LinearView layer, int[] columns)
    {
        Zero(graph, layer.WeightNode, layer.WeightInput, layer.OutAxis, columns);
        if (layer is not { Bias.Constant: { } bias, BiasNode: { } node }) return;
        // One number for all columns has to be written out to differ between them.
        if (bias.Shape.Count == 0 || bias.Shape[^1] != layer.OutFeatures)
            LayerSlicer.Replace(graph, node, layer.BiasInput, TensorData.FromFloats(bias.Type, [layer.OutFeatures], [.. Enumerable.Repeat(bias.ToFloats()[0], layer.OutFeatures)]));
        Zero(graph, node, layer.BiasInput, Math.Max(0, node.Inputs[layer.BiasInput]!.Constant!.Shape.Count - 1), columns);
    }

    private static void Zero(Graph graph, Node node, int input, int axis, IReadOnlyList<int> indices)
    {
        if (indices.Count == 0) return;
        TensorData tensor = node.Inputs[input]!.Constant ?? throw new InvalidOperationException($"input {input} of '{node.Name}' is not a constant");
        int inner = TensorData.SizeOf(tensor.Type) ?? throw new InvalidOperationException($"{tensor.Type} has no zeros");
        for (int i = axis + 1; i < tensor.Shape.Count; i++) inner = checked(inner * (int)tensor.Shape[i]);
        int size = (int)tensor.Shape[axis], outer = inner == 0 || size == 0 ? 0 : tensor.Bytes.Length / inner / size;
        byte[] bytes = tensor.Bytes.ToArray();
        for (int o = 0; o < outer; o++)
        {
            foreach (int index in indices) bytes.AsSpan(((o * size) + index) * inner, inner).Clear();
        }
        LayerSlicer.Replace(graph, node, input, new TensorData(tensor.Type, tensor.Shape, bytes));
    }
}
