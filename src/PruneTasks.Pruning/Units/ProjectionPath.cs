using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// The way from the output of a linear layer, through layout operators only, to an operand of an attention product.
/// <paramref name="Values"/>[0] is the layer's output, the last one the operand; <paramref name="Elements"/>[i] names the elements of
/// <paramref name="Values"/>[i] by their flat index in <paramref name="Values"/>[0].
/// </summary>
internal sealed record ProjectionPath(LinearView Layer, IReadOnlyList<Value> Values, IReadOnlyList<IndexTensor> Elements)
{
    /// <summary>The operand.</summary>
    public Value End => Values[^1];

    /// <summary>Columns of the layer's weight, as they stand in the operand.</summary>
    public IndexTensor Columns => Elements[^1].Map(id => id % Elements[0].Shape[^1]);

    /// <summary>
    /// Axes of the layer's output along which the tokens of one sequence run: those whose coordinate changes along <paramref name="tokenAxis"/>
    /// of the operand. An axis that joins samples and tokens counts as one.
    /// </summary>
    public IReadOnlyList<int> TokenAxes(int tokenAxis)
    {
        int[] source = Elements[0].Shape, strides = IndexTensor.Strides(source);
        int step = IndexTensor.Strides(Elements[^1].Shape)[tokenAxis];
        int[] tokens = [.. Enumerable.Range(0, Elements[^1].Shape[tokenAxis]).Select(t => Elements[^1].Ids[t * step])];
        return [.. Enumerable.Range(0, source.Length - 1).Where(axis => tokens.Select(id => id / strides[axis] % source[axis]).Distinct().Count() > 1)];
    }

    /// <summary>Walks back from <paramref name="end"/> to a linear layer.</summary>
    /// <exception cref="RefusedException">Something else than a layout operator stands in between.</exception>
    public static ProjectionPath TraceBack(Value end, LinearLayers layers, LayoutOperators layout)
    {
        List<Value> values = [end];
        LinearView? layer;
        while (!layers.ByOutput.TryGetValue(values[^1], out layer))
        {
            Value value = values[^1];
            Node? node = value.Producer;
            Value? data = node is null ? null : layout.DataInput(node);
            if (data is null)
            {
                RefusalReason reason = node?.OpType switch
                {
                    "Expand" or "Tile" => RefusalReason.GroupedHeads,
                    "Add" or "Sub" or "Mul" or "Div" or "Concat" or "LayerNormalization" or "RMSNormalization" or "SimplifiedLayerNormalization" or "LpNormalization"
                        or "BatchNormalization" or "RotaryEmbedding" => RefusalReason.PositionDependent,
                    _ => RefusalReason.Barrier,
                };
                throw new RefusedException(reason, node, $"'{value.Name}' does not come from a linear layer by moves alone ({node?.OpType ?? "input"})");
            }
            values.Add(data);
        }
        values.Reverse();
        List<IndexTensor> elements = [layout.Elements(values[0])];
        for (int i = 1; i < values.Count; i++) elements.Add(layout.Apply(values[i].Producer!, elements[^1], values[i]));
        return new ProjectionPath(layer, values, elements);
    }
}
