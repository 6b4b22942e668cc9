using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: an If whose condition is the same for all inputs gives way to the branch that is taken. Exporters write such: torch's Squeeze of an axis whose size
/// it does not know becomes "if the size is 1, squeeze".
/// </summary>
/// <remarks>
/// That a condition is the same under the sizes that were tried would not be enough: it may ask for a size that was not among them. It has to be made of
/// constants, and of sizes that are the same whatever the open axes are.
/// </remarks>
public static class BranchSplicing
{
    // The smallest there are, some in between, and a large one: what is clamped on the way differs between them.
    private static readonly (long Batch, long Other)[] Sizes = [(1, 1), (2, 7), (3, 10), (5, 33), (11, 224), (1, 100_003)];

    private const int MostRounds = 64;

    /// <summary>Splices what can be spliced; leaves the model as it is, to the byte, if there is nothing.</summary>
    /// <returns>Number of branches that stand in the graph now.</returns>
    public static int Apply(OnnxModel model)
    {
        int spliced = 0;
        // A branch may hold another, and the size behind one may decide the next.
        for (int round = 0; round < MostRounds && model.Graph.Nodes.Any(IsBranch); round++)
        {
            InferredShapes[] runs = [.. Sizes.Select(s => ShapeInference.Run(model, ShapeBinding.Default(s.Batch, s.Other)))];
            int before = spliced;
            foreach (Node node in model.Graph.Nodes.Where(IsBranch).ToArray())
                if (TakenBranch(node, runs) is { } body && body.Inputs.Count == 0 && body.Outputs.Count >= node.Outputs.Count && model.Graph.Splice(node, body)) spliced++;
            if (spliced == before) break;
        }
        if (spliced > 0) model.Graph.RemoveUnused();
        return spliced;
    }

    private static bool IsBranch(Node node) => node is { Domain: "", OpType: "If", Inputs: [not null] };

    private static Graph? TakenBranch(Node node, InferredShapes[] runs)
    {
        Value condition = node.Inputs[0]!;
        TensorData[] seen = [.. runs.Select(r => r.ContentOf(condition)).OfType<TensorData>()];
        if (seen.Length < 2 || seen.Any(t => t is not { Type: ElementType.Bool, Count: 1 } || t.Bytes.Span[0] != seen[0].Bytes.Span[0]) || !IsFixed(condition, runs, [])) return null;
        string branch = seen[0].Bytes.Span[0] != 0 ? "then_branch" : "else_branch";
        return node.Attributes.TryGetValue(branch, out AttributeData? attribute) && attribute.Bodies is [var body] ? body : null;
    }

    private static bool IsFixed(Value value, InferredShapes[] runs, HashSet<Value> seen)
    {
        if (value.Constant is not null || !seen.Add(value)) return true;
        if (value.Producer is not { Domain: "" } node || node.Bodies.Any()) return false;
        if (node.OpType is "Shape" or "Size") return Axes(node, 0, long.MaxValue, runs);
        // One size of a shape, picked by a constant.
        if (node is { OpType: "Gather", Inputs: [{ Producer: { OpType: "Shape", Domain: "" } shape, Constant: null }, { Constant: { Count: <= 64 } picked }] } && IsInteger(picked))
            return picked.ToInt64s().All(i => Axes(shape, i, 1, runs));
        return node.OpType is not ("RandomNormal" or "RandomUniform" or "RandomNormalLike" or "RandomUniformLike" or "Bernoulli" or "Multinomial" or "Dropout")
            && node.Inputs.Count > 0 && node.Inputs.OfType<Value>().All(v => IsFixed(v, runs, seen));
    }

    private static bool IsInteger(TensorData tensor) => tensor.Type is ElementType.Int64 or ElementType.Int32;

    /// <summary>The sizes that <paramref name="shape"/>, a Shape or Size, gives at these places are the same in all runs that know them.</summary>
    private static bool Axes(Node shape, long first, long count, InferredShapes[] runs)
    {
        long[]?[] known = [.. runs.Select(r => r.ShapeOf(shape.Inputs[0]!)?.ToArray())];
        long[][] seen = [.. known.OfType<long[]>()];
        if (seen.Length < 2 || seen.Any(s => s.Length != seen[0].Length)) return false;
        int rank = seen[0].Length;
        if (shape.Attributes.Count > 0) (first, count) = (0, long.MaxValue);
        if (first < 0) first += rank;
        if (first < 0 || (count != long.MaxValue && first >= rank)) return false;
        for (long axis = first; axis < rank && axis - first < count; axis++)
            if (seen.Any(s => s[axis] != seen[0][axis])) return false;
        return true;
    }
}
