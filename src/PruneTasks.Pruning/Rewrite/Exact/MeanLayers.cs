using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: the means of a LayerNormalization over a hidden axis (made by layers, read by layers, no residual stream) become layers themselves, whose weights are all 1/d.
/// Then the axis is summed over by layers alone, so its units can be switched off and taken out like others, and the means are repaired like other layers.
/// </summary>
/// <remarks>
/// Behind a single layer the mean over its outputs is taken out of its weights: (W − mean of W)x + b − mean of b has none, and the normalisation does not see the difference.
/// A mean of squares stays one after a repair, by Relu, so that its root exists. Why: docs/decisions/0053.
/// </remarks>
public static class MeanLayers
{
    /// <summary>Rewrites every such normalisation; leaves the model as it is, to the byte, if there is none.</summary>
    /// <returns>Number of hidden axes.</returns>
    public static int Apply(OnnxModel model)
    {
        if (!model.Graph.Nodes.Any(n => n.OpType is "ReduceMean" || IsNormalization(n))) return 0;
        LinearLayers layers = new(model.Graph);
        LayoutOperators layout = new(ShapeInference.Run(model, ShapeBinding.Taken(model)), model);
        FfnFinder finder = new(layers, layout, OperatorTable.Default);
        Dictionary<Node, int> position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        List<(FfnSite Site, IReadOnlyList<Node> Means)> found = [];
        HashSet<Node> taken = [];
        foreach (LinearView layer in model.Graph.Nodes.Select(n => layers.ByNode.GetValueOrDefault(n)).OfType<LinearView>())
        {
            if (layer.OutFeatures < 2 || !taken.Add(layer.Node) || Look(finder, layer) is not { Means.Count: > 0 } at) continue;
            taken.UnionWith(at.Site.Producers.Select(p => p.Node));
            // A layer that makes the axis from what another reads of it: a residual stream.
            int first = at.Means.Concat(at.Site.Consumers.Select(c => c.Node)).Min(n => position[n]);
            if (at.Site.Producers.All(p => position[p.Node] < first)) found.Add(at);
        }
        foreach ((FfnSite site, IReadOnlyList<Node> means) in found)
            foreach (Node mean in means.Where(model.Graph.Nodes.Contains)) Rewrite(model.Graph, site, mean);
        if (found.Count > 0) model.Graph.RemoveUnused();
        return found.Count;
    }

    /// <summary>A mean over the last axis of a value with <paramref name="rank"/> axes that keeps the axis, or a normalisation over it.</summary>
    internal static bool IsMean(Node node, int rank)
    {
        if (node is { Domain: "", OpType: "ReduceMean" })
        {
            IReadOnlyList<long>? axes = node.Ints("axes") ?? (node.Inputs.Count > 1 ? node.Inputs[1]?.Constant?.ToInt64s() : null);
            return rank > 1 && axes is [var axis] && (axis == -1 || axis == rank - 1) && node.Int("keepdims", 1) != 0 && IsOwn(node.Outputs[0]);
        }
        return IsNormalization(node) && rank > 1 && (node.Int("axis", -1) is var last) && (last == -1 || last == rank - 1) && IsOwn(node.Outputs[0])
            && node.Outputs.Skip(1).All(o => o.Uses.Count == 0 && !o.IsGraphOutput && !o.IsCaptured)
            && node.Inputs.Skip(1).All(i => i is null || i.Constant is { Shape.Count: <= 1 });
    }

    /// <summary>It gives a value as long as the one it reads.</summary>
    internal static bool IsNormalization(Node node) => node is { Domain: "", OpType: "LayerNormalization" or "SimplifiedLayerNormalization" or "RMSNormalization" };

    private static (FfnSite Site, IReadOnlyList<Node> Means)? Look(FfnFinder finder, LinearView layer)
    {
        try
        {
            return layer.Weight.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 ? finder.FindBetweenMeans(layer) : null;
        }
        catch (Exception e) when (RefusedException.IsContradiction(e))
        {
            return null;
        }
    }

    private static void Rewrite(Graph graph, FfnSite site, Node node)
    {
        Value x = node.Inputs[0]!;
        bool alone = site.Producers is [var producer] && producer.Output == x;
        if (node.OpType == "ReduceMean")
        {
            if (alone && x.Uses is [var one, var two] && (one.Node == node ? two : one) is { Index: 0, Node: { OpType: "Sub", Domain: "" } sub } && sub.Inputs[1] == node.Outputs[0] && IsOwn(sub.Outputs[0]))
            {
                Centre(graph, site.Producers[0]);
                graph.ReplaceUses(sub.Outputs[0], x);
                return;
            }
            graph.ReplaceUses(node.Outputs[0], Mean(graph, site, x, node, IsSquare(x)));
            return;
        }
        Value centred = x;
        if (node.OpType == "LayerNormalization")
        {
            if (alone && x.Uses.Count == 1) Centre(graph, site.Producers[0]);
            else centred = Add("Sub", x, Mean(graph, site, x, node, isSquare: false));
        }
        Value variance = Mean(graph, site, Add("Mul", centred, centred), node, isSquare: true);
        ElementType type = site.Producers[0].Weight.Type;
        Value y = Add("Div", centred, graph.AddNode("Sqrt", [Add("Add", variance, Number(node.Float("epsilon", 1e-5f)))], node.Name + "_deviation", node).Outputs[0]);
        if (node.Inputs.Count > 1 && node.Inputs[1] is { } scale) y = Add("Mul", y, scale);
        if (node.Inputs.Count > 2 && node.Inputs[2] is { } shift) y = Add("Add", y, shift);
        graph.ReplaceUses(node.Outputs[0], y);

        Value Add(string op, Value a, Value b) => graph.AddNode(op, [a, b], node.Outputs[0].Name + "_apart", node).Outputs[0];
        Value Number(float value) => graph.AddInitializer(node.Outputs[0].Name + "_epsilon", TensorData.FromFloats(type, [], [value]));
    }

    private static Value Mean(Graph graph, FfnSite site, Value x, Node before, bool isSquare)
    {
        int units = site.Units;
        Value weight = graph.AddInitializer(x.Name + "_shares", TensorData.FromFloats(site.Producers[0].Weight.Type, [units, 1], [.. Enumerable.Repeat(1f / units, units)]));
        Value mean = graph.AddNode("MatMul", [x, weight], x.Name + "_mean", before).Outputs[0];
        return isSquare ? graph.AddNode("Relu", [mean], x.Name + "_mean", before).Outputs[0] : mean;
    }

    private static bool IsSquare(Value x) =>
        x.Producer is { Domain: "" } node && ((node.OpType == "Mul" && node.Inputs[0] == node.Inputs[1]) || (node.OpType == "Pow" && node.Inputs[1]?.Constant is { Count: 1 } power && power.ToFloats()[0] == 2));

    /// <summary>Takes the mean over the outputs out of weight and bias.</summary>
    private static void Centre(Graph graph, LinearView layer)
    {
        TensorData weight = layer.Weight.Constant!;
        float[] values = weight.ToFloats();
        (int rows, int columns) = (layer.InFeatures, layer.OutFeatures);
        for (int i = 0; i < rows; i++) Centre(values, layer.InAxis == 0 ? i * columns : i, layer.InAxis == 0 ? 1 : rows, columns);
        LayerSlicer.Replace(graph, layer.WeightNode, layer.WeightInput, TensorData.FromFloats(weight.Type, weight.Shape, values));
        if (layer is not { Bias.Constant: { } bias, BiasNode: { } node }) return;
        float[] shift = bias.Count == 1 ? new float[columns] : bias.ToFloats();
        Centre(shift, 0, 1, columns);
        LayerSlicer.Replace(graph, node, layer.BiasInput, TensorData.FromFloats(bias.Type, [columns], shift));
    }

    private static void Centre(float[] values, int start, int stride, int count)
    {
        double mean = Enumerable.Range(0, count).Sum(i => (double)values[start + (i * stride)]) / count;
        for (int i = 0; i < count; i++) values[start + (i * stride)] = (float)(values[start + (i * stride)] - mean);
    }

    private static bool IsOwn(Value value) => value is { IsGraphOutput: false, IsCaptured: false };
}
