using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Takes rows or columns out of the constants of a graph, leaving everything else of the file as it is.</summary>
internal static class LayerSlicer
{
    /// <summary>Keeps output columns of <paramref name="layer"/>, also of its bias.</summary>
    public static void KeepColumns(Graph graph, LinearView layer, IReadOnlyList<int> columns)
    {
        Replace(graph, layer.WeightNode, layer.WeightInput, Along(layer.Weight.Constant!, layer.OutAxis, columns));
        // The product in front of its bias is named by no site.
        graph.ForgetShape(layer.Node.Outputs[0]);
        if (layer is { Bias: { } bias, BiasNode: { } node })
            Replace(graph, node, layer.BiasInput, KeepAlongUnits(bias.Constant!, bias.Constant!.Shape.Count - 1, columns));
    }

    /// <summary>Keeps input rows of <paramref name="layer"/>.</summary>
    public static void KeepRows(Graph graph, LinearView layer, IReadOnlyList<int> rows) =>
        Replace(graph, layer.WeightNode, layer.WeightInput, Along(layer.Weight.Constant!, layer.InAxis, rows));

    /// <summary>Keeps entries of a constant operand of an elementwise node.</summary>
    public static void Keep(Graph graph, ConstantOperand operand, IReadOnlyList<int> units) =>
        Replace(graph, operand.Node, operand.Input, Along(operand.Node.Inputs[operand.Input]!.Constant!, operand.Axis, units));

    /// <summary>The entries of <paramref name="tensor"/> at <paramref name="indices"/> of one axis, in that order.</summary>
    public static TensorData Along(TensorData tensor, int axis, IReadOnlyList<int> indices)
    {
        int inner = TensorData.SizeOf(tensor.Type) ?? throw new ArgumentException($"{tensor.Type} cannot be sliced", nameof(tensor));
        for (int i = axis + 1; i < tensor.Shape.Count; i++) inner = checked(inner * (int)tensor.Shape[i]);
        long outer = 1;
        for (int i = 0; i < axis; i++) outer *= tensor.Shape[i];
        int size = (int)tensor.Shape[axis];
        var bytes = new byte[checked(outer * indices.Count * inner)];
        Span<byte> target = bytes;
        for (int o = 0; o < outer; o++)
        {
            foreach (int index in indices)
            {
                tensor.Bytes.Span.Slice(checked(((o * size) + index) * inner), inner).CopyTo(target);
                target = target[inner..];
            }
        }
        long[] shape = [.. tensor.Shape];
        shape[axis] = indices.Count;
        return new TensorData(tensor.Type, shape, bytes);
    }

    private static TensorData KeepAlongUnits(TensorData bias, int axis, IReadOnlyList<int> columns) =>
        axis < 0 || bias.Shape[axis] == 1 ? bias : Along(bias, axis, columns);

    /// <summary>Puts <paramref name="data"/> in the place of a constant input: in the same initializer if nothing else reads it, else in a new one.</summary>
    internal static void Replace(Graph graph, Node node, int input, TensorData data)
    {
        Value old = node.Inputs[input]!;
        if (old.IsInitializer && old.Uses.Count == 1 && !old.IsGraphOutput && !old.IsCaptured) graph.SetInitializer(old, data);
        else graph.SetInput(node, input, graph.AddInitializer(old.Name + "_pruned", data));
    }
}
