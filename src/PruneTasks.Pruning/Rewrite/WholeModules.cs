using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Where a whole feed-forward or attention layer may go: its output is the bias of its last layer then, a constant that is added to the residual
/// stream. That is offered only where the output goes straight, or through elementwise constants and moves of whole rows, into such an addition.
/// </summary>
public static class WholeModules
{
    /// <summary>Why the branch of <paramref name="site"/> cannot become a constant; <see langword="null"/> if it can.</summary>
    /// <param name="site">A site; the ranks of queries and keys go with the values, not by themselves.</param>
    /// <param name="shapes">Of the graph.</param>
    public static string? Refuse(PruneSite site, InferredShapes shapes)
    {
        if (site.Kind == UnitKind.QueryKey) return "queries and keys go with the values";
        // The planner would count the values alone, while queries, keys and scores would go too.
        if (site is ValueOutputSite { Attention.Query: null }) return "its queries and keys cannot be narrowed, so what they cost is not counted";
        if (LastLayer(site) is not { } layer) return "its result is read by several layers";
        if (layer.Bias?.Constant is null || layer.BiasAsVector() is null) return "its last layer has no bias";
        (IReadOnlyList<Value> path, Node? sum) = Walk(layer.Output, shapes);
        if (sum is null) return "its result does not go straight into an addition to the residual stream";
        Value stream = sum.Inputs[0] == path[^1] ? sum.Inputs[1]! : sum.Inputs[0]!;
        return shapes.ShapeOf(stream) is { } a && shapes.ShapeOf(sum.Outputs[0]) is { } b && a.SequenceEqual(b) ? null
            : "what it is added to does not have the shape of the sum";
    }

    /// <summary>Puts the bias in the place of the branch. What only the branch needed is left for <see cref="Graph.RemoveUnused"/>.</summary>
    internal static void Remove(Graph graph, PruneSite site)
    {
        LinearView layer = LastLayer(site) ?? throw new InvalidOperationException($"'{site.Name}' cannot go as a whole");
        (IReadOnlyList<Value> path, Node? sum) = Walk(layer.Output, null);
        Value constant = graph.AddInitializer(layer.Output.Name + "_mean", layer.BiasAsVector()!);
        for (int i = 0; i < path.Count; i++)
        {
            Node next = i + 1 < path.Count ? path[i + 1].Producer! : sum ?? throw new InvalidOperationException($"'{site.Name}' cannot go as a whole");
            graph.ForgetShape(path[i]);
            // All rows are the same now: there is nothing to move.
            if (next != sum && IsRowMove(next, path[i], null)) continue;
            graph.SetInput(next, next.Inputs[0] == path[i] ? 0 : 1, constant);
            constant = next.Outputs[0];
        }
    }

    private static LinearView? LastLayer(PruneSite site) => site switch
    {
        FfnSite { Consumers: [var only] } => only,
        ValueOutputSite { Attention.Output: { } output } => output.Layer,
        _ => null,
    };

    /// <summary>From a value through elementwise constants and moves of rows to the addition; no sum where the way ends elsewhere.</summary>
    private static (IReadOnlyList<Value> Path, Node? Sum) Walk(Value value, InferredShapes? shapes)
    {
        List<Value> path = [value];
        HashSet<Node> moves = [];
        while (true)
        {
            Node[] readers = [.. value.Uses.Select(u => u.Node).Where(n => n.OpType != "Shape")];
            if (value.IsGraphOutput || value.IsCaptured || readers is not [var node]) return (path, null);
            // The shape of a constant is another one: it may be asked for only to say how rows that vanish are moved.
            if (node is { OpType: "Add", Domain: "", Inputs: [{ Constant: null }, { Constant: null }] })
                return (path, path.SelectMany(v => v.Uses).Where(u => u.Node.OpType == "Shape").All(u => FeedsOnly(u.Node, moves)) ? node : null);
            bool move = IsRowMove(node, value, shapes);
            if (!IsElementwise(node, value) && !move) return (path, null);
            if (move) moves.Add(node);
            path.Add(value = node.Outputs[0]);
        }
    }

    /// <summary>Everything that <paramref name="node"/> computes ends in the targets of <paramref name="moves"/>.</summary>
    private static bool FeedsOnly(Node node, HashSet<Node> moves) => node.Outputs.All(output =>
        !output.IsGraphOutput && !output.IsCaptured && output.Uses.All(use => (moves.Contains(use.Node) && use.Index > 0) || (!moves.Contains(use.Node) && use.Node.OpType is "Gather" or "Concat" or "Unsqueeze" or "Squeeze" or "Slice" or "Cast" && FeedsOnly(use.Node, moves))));

    private static bool IsElementwise(Node node, Value data) => node switch
    {
        { Domain: "", OpType: "Identity" } => true,
        { Domain: "", OpType: "Dropout" } => node.Inputs[0] == data && node.Outputs.Skip(1).All(o => o.Uses.Count == 0 && !o.IsGraphOutput),
        { Domain: "", OpType: "Mul" or "Add" or "Sub" or "Div", Inputs: [{ } a, { } b] } =>
            (a == data ? b : a).Constant is { } constant && constant.Shape.SkipLast(1).All(size => size == 1),
        _ => false,
    };

    /// <summary>The last axis stays what it is. Shapes are looked at where given.</summary>
    private static bool IsRowMove(Node node, Value data, InferredShapes? shapes) =>
        node is { Domain: "", OpType: "Reshape" or "Squeeze" or "Unsqueeze" or "Transpose" } && node.Inputs[0] == data
        && (node.OpType != "Transpose" || (node.Ints("perm") is { } perm && perm[^1] == perm.Count - 1))
        && (shapes is null || (shapes.ShapeOf(data) is { Count: > 0 } from && shapes.ShapeOf(node.Outputs[0]) is { Count: > 0 } to && from[^1] == to[^1]));
}
