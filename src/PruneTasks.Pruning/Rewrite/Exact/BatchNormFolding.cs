using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: a BatchNormalization of a trained model is one factor and one shift per channel. They go into the weights of the layer before it (Conv, ConvTranspose,
/// Gemm, MatMul, Einsum), or else of all layers after it (the same; Conv only without padding, whose zeros would have been shifted).
/// </summary>
/// <remarks>Transpose and Identity may stand between. A weight that another node reads too is left alone: it would have to be stored twice.</remarks>
public static class BatchNormFolding
{
    /// <summary>Folds what can be folded; leaves the model as it is, to the byte, if there is nothing.</summary>
    /// <returns>Number of normalisations that are gone.</returns>
    public static int Apply(OnnxModel model)
    {
        if (!model.Graph.Nodes.Any(n => n.OpType == "BatchNormalization")) return 0;
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Taken(model));
        int folded = 0;
        foreach (Node node in model.Graph.Nodes.ToArray())
        {
            if (BatchNormScale.Of(node, model.Opset) is not { } scale || node.Outputs[0] is not { IsGraphOutput: false, IsCaptured: false } output) continue;
            if (!IntoLayerBefore(model.Graph, scale, shapes) && !IntoLayersAfter(model.Graph, scale, shapes)) continue;
            model.Graph.ReplaceUses(output, node.Inputs[0]!);
            folded++;
        }
        if (folded > 0) model.Graph.RemoveUnused();
        return folded;
    }

    private static bool IntoLayerBefore(Graph graph, BatchNormScale scale, InferredShapes shapes)
    {
        Value value = scale.Node.Inputs[0]!;
        int axis = 1;
        while (IsOwn(value) && value.Producer is { Domain: "", OpType: "Transpose" or "Identity" } move && move.Inputs[0] is { } before)
        {
            if (move.OpType == "Transpose")
            {
                if (move.Ints("perm") is not { } perm) return false;
                axis = (int)perm[axis];
            }
            value = before;
        }
        if (!IsOwn(value) || ScalableLayer.Before(value, axis, scale.Factor.Length, shapes) is not { } layer) return false;
        layer.ScaleOutput(graph, scale.Factor, scale.Shift);
        return true;

        static bool IsOwn(Value value) => value is { IsGraphOutput: false, IsCaptured: false, Uses.Count: 1 };
    }

    private static bool IntoLayersAfter(Graph graph, BatchNormScale scale, InferredShapes shapes)
    {
        List<ScalableLayer> layers = [];
        if (!Collect(scale.Node.Outputs[0], 1) || layers.Count == 0 || layers.DistinctBy(l => l.Weight).Count() < layers.Count) return false;
        foreach (ScalableLayer layer in layers) layer.ScaleInput(graph, scale.Factor, scale.Shift);
        return true;

        bool Collect(Value value, int axis)
        {
            if (value.IsGraphOutput || value.IsCaptured || value.Uses.Count == 0) return false;
            foreach (Use use in value.Uses)
            {
                if (ScalableLayer.After(use, axis, scale.Factor.Length, shapes) is { } layer)
                {
                    layers.Add(layer);
                    continue;
                }
                if (use.Node is not { Domain: "", OpType: "Transpose" or "Identity" } move) return false;
                if (move.OpType == "Transpose" && move.Ints("perm") is null) return false;
                if (!Collect(move.Outputs[0], move.OpType == "Transpose" ? move.Ints("perm")!.ToList().IndexOf(axis) : axis)) return false;
            }
            return true;
        }
    }
}
