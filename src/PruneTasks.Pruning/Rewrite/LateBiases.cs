using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Biases that are added only after the product has been reshaped or transposed (rows of [B·T, E] brought back to [B, T, E], columns split into
/// heads) move to the product: the same additions, in another place, so that the layer is seen as one.
/// </summary>
internal static class LateBiases
{
    /// <summary>Moves every such bias.</summary>
    public static void Move(OnnxModel model)
    {
        LayoutOperators layout = new(ShapeInference.Run(model, ShapeBinding.Taken(model)), model);
        foreach (Node node in model.Graph.Nodes.ToArray())
        {
            if (LinearView.TryGet(node) is not { Bias: null } layer) continue;
            List<Value> path = [layer.Output];
            while (OnlyReader(path[^1]) is { } next && IsMove(next, path[^1])) path.Add(next.Outputs[0]);
            if (path.Count == 1 || OnlyReader(path[^1]) is not { OpType: "Add", Domain: "" } add || add.Outputs[0].IsGraphOutput || add.Outputs[0].IsCaptured) continue;
            if ((add.Inputs[0] == path[^1] ? add.Inputs[1] : add.Inputs[0])?.Constant is not { } constant || constant.Type != layer.Weight.Constant!.Type) continue;
            if (ByColumn(path, constant, add, layout) is not { } columns) continue;
            TensorData bias = LayerSlicer.Along(new TensorData(constant.Type, [constant.Count], constant.Bytes), 0, columns);
            Node first = path[1].Producer!;
            Value sum = model.Graph.AddNode("Add", [layer.Output, model.Graph.AddInitializer(layer.Output.Name + "_bias", bias)], layer.Output.Name + "_linear", first).Outputs[0];
            model.Graph.SetInput(first, 0, sum);
            model.Graph.ReplaceUses(add.Outputs[0], path[^1]);
        }
        model.Graph.RemoveUnused();
    }

    private static Node? OnlyReader(Value value) => value is { IsGraphOutput: false, IsCaptured: false, Uses: [var use] } ? use.Node : null;

    private static bool IsMove(Node node, Value data) =>
        node is { Domain: "", OpType: "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Transpose" or "Identity" } && node.Inputs[0] == data;

    /// <summary>For each column of the layer, the element of <paramref name="constant"/> that is added to it; <see langword="null"/> if that differs from row to row.</summary>
    private static int[]? ByColumn(List<Value> path, TensorData constant, Node add, LayoutOperators layout)
    {
        try
        {
            int[] end = layout.ShapeOf(path[^1]);
            if (!end.SequenceEqual(layout.ShapeOf(add.Outputs[0])) || constant.Shape.Count > end.Length) return null;
            IndexTensor elements = layout.Elements(path[0]);
            int[] source = elements.Shape;
            for (int i = 1; i < path.Count; i++) elements = layout.Apply(path[i].Producer!, elements, path[i]);
            int[] strides = IndexTensor.Strides(end), sizes = [.. Enumerable.Repeat(1, end.Length - constant.Shape.Count), .. constant.Shape.Select(d => (int)d)];
            int[] steps = IndexTensor.Strides(sizes), columns = new int[source[^1]];
            Array.Fill(columns, -1);
            for (int i = 0; i < elements.Ids.Length; i++)
            {
                int from = 0;
                for (int axis = 0; axis < end.Length; axis++)
                    if (sizes[axis] > 1) from += i / strides[axis] % end[axis] * steps[axis];
                ref int column = ref columns[elements.Ids[i] % columns.Length];
                if (column >= 0 && column != from) return null;
                column = from;
            }
            return Array.Exists(columns, c => c < 0 || c >= constant.Count) ? null : columns;
        }
        catch (Exception e) when (RefusedException.IsContradiction(e))
        {
            return null; // Shapes are not known: the bias stays where it is.
        }
    }
}
