namespace PruneTasks.Onnx;

/// <summary>Costs of a node or a model.</summary>
/// <param name="Macs">Multiply-accumulates of one run; see <see cref="CostModel"/>.</param>
/// <param name="Parameters">Elements of floating-point constants.</param>
/// <param name="Bytes">Bytes of those in the file.</param>
public readonly record struct Cost(long Macs, long Parameters, long Bytes)
{
    /// <summary>Sum of two costs.</summary>
    public static Cost operator +(Cost a, Cost b) => new(a.Macs + b.Macs, a.Parameters + b.Parameters, a.Bytes + b.Bytes);
}

/// <summary>Costs of a model.</summary>
/// <param name="Total">Sum over all nodes.</param>
/// <param name="ByNode">Nodes that cost anything, in graph order.</param>
/// <param name="Uncounted">Nodes that multiply, or may, but whose MACs are not known: a shape is not, or the operator is not, or it has a body.</param>
public sealed record ModelCost(Cost Total, IReadOnlyDictionary<Node, Cost> ByNode, IReadOnlyList<Node> Uncounted);

/// <summary>
/// Counts what a model costs.
/// <para>
/// MACs: multiplications that end in a sum: matrix products (linear layers, and attention products of two activations), convolutions,
/// recurrent layers. Biases, normalisations, activations, softmax and everything else that works element by element do not count,
/// nor do the bodies of control-flow nodes. They are those of one sample: bind the batch axis to 1. A file that fixes its batch is counted as it is.
/// </para>
/// <para>
/// Parameters: elements of floating-point initializers and Constant nodes that have at least one axis (scalars are arithmetic, not
/// parameters). One that several nodes read counts once, at its first reader.
/// </para>
/// </summary>
public static class CostModel
{
    /// <summary>Costs of one sample: open first axes are 1, other open axes <paramref name="other"/>, or the next size that the model takes.</summary>
    public static ModelCost OfOneSample(OnnxModel model, long other = 7) => Of(model, ShapeInference.Run(model, ShapeBinding.Taken(model, 1, other)));

    /// <summary>Costs under <paramref name="shapes"/>, inferred for <paramref name="model"/>.</summary>
    public static ModelCost Of(OnnxModel model, InferredShapes shapes)
    {
        var byNode = new Dictionary<Node, Cost>();
        var uncounted = new List<Node>();
        HashSet<Value> counted = [];
        Cost total = default;
        foreach (Node node in model.Graph.Nodes)
        {
            Cost cost = default;
            if (Macs.Of(node, shapes) is { } macs) cost += new Cost(macs, 0, 0);
            else uncounted.Add(node);
            foreach (Value? input in node.Inputs)
            {
                if (input?.Constant is { Shape.Count: > 0 } constant && IsFloat(constant.Type) && counted.Add(input))
                    cost += new Cost(0, constant.Count, constant.Bytes.Length);
            }
            if (cost == default) continue;
            byNode.Add(node, cost);
            total += cost;
        }
        return new ModelCost(total, byNode, uncounted);
    }

    private static bool IsFloat(ElementType type) => type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16;
}
