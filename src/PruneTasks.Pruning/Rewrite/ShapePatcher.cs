using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Makes the shape arithmetic of a graph agree with shorter axes. Targets of Reshape and Expand get the new size at one position; results of Shape
/// keep the old one, so that what exporters computed from it (scales such as 1/√d, bounds, split sizes) does not move.
/// </summary>
internal sealed class ShapePatcher(Graph graph, ShapeInvariants invariants)
{
    private readonly Dictionary<Value, Dictionary<int, long>> _targets = [];
    private readonly Dictionary<Value, Dictionary<int, long>> _shapes = [];

    /// <summary>Notes that <paramref name="axis"/> now has <paramref name="size"/> coordinates; <see cref="Apply"/> does the work.</summary>
    public void Shorten(AffectedAxis axis, int size)
    {
        graph.ForgetShape(axis.Value);
        if (axis.Value.Producer is { OpType: "Reshape" }) Note(_targets, axis.Value, axis.Axis, size);
        // The target of an Expand is aligned at the end; it may be shorter than the shape of the result.
        if (axis.Value.Producer is { OpType: "Expand" } expand && axis.Axis - RankOf(axis.Value) + LengthOf(expand.Inputs[1]!) is >= 0 and var at) Note(_targets, axis.Value, at, size);
        if (axis.Value.Uses.Any(u => u.Node.OpType == "Shape")) Note(_shapes, axis.Value, axis.Axis, axis.UnitOf.Count);
    }

    /// <summary>Notes that the target of the Reshape that makes <paramref name="value"/> has to name the size of an axis.</summary>
    public void Target(Value value, int axis, long size) => Note(_targets, value, axis, size);

    /// <summary>Rewrites all noted targets and Shape results.</summary>
    public void Apply()
    {
        foreach ((Value value, Dictionary<int, long> sizes) in _targets)
        {
            Node node = value.Producer!;
            Value target = node.Inputs[1]!;
            // A literal -1 of Reshape, or 1 of Expand, follows by itself.
            long free = node.OpType == "Expand" ? 1 : -1;
            Dictionary<int, long> literal = sizes.Where(s => Literal(target, s.Key) != free).ToDictionary();
            if (literal.Count > 0) graph.SetInput(node, 1, Override(target, literal, node));
        }
        foreach ((Value value, Dictionary<int, long> sizes) in _shapes)
        {
            foreach (Use use in value.Uses.Where(u => u.Node.OpType == "Shape").ToArray()) KeepShape(use.Node, sizes);
        }
    }

    /// <summary>Makes readers of a Shape node see the given sizes at the given axes of its input.</summary>
    public void KeepShape(Node shape, IReadOnlyDictionary<int, long> sizes)
    {
        Value result = shape.Outputs[0];
        int start = (int)shape.Int("start", 0);
        int count = invariants.ElementCount(result) ?? throw new InvalidOperationException($"length of '{result.Name}' is not known");
        Dictionary<int, long> inside = sizes.Select(s => (Key: s.Key - start, s.Value)).Where(s => s.Key >= 0 && s.Key < count).ToDictionary(s => s.Key, s => s.Value);
        if (inside.Count == 0) return;
        Use[] readers = [.. result.Uses];
        Value patched = Override(result, inside, After(shape));
        foreach (Use reader in readers) graph.SetInput(reader.Node, reader.Index, patched);
    }

    /// <summary>
    /// Makes readers of a Shape node independent of its input, which vanishes: the first <paramref name="leadRank"/> sizes are read from
    /// <paramref name="source"/>, where they are the same, the others must be constants.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another size is not constant.</exception>
    public void MoveShape(Node shape, Value source, int leadRank)
    {
        Value result = shape.Outputs[0];
        int start = (int)shape.Int("start", 0);
        int count = invariants.ElementCount(result) ?? throw new InvalidOperationException($"length of '{result.Name}' is not known");
        Dictionary<int, long> known = Enumerable.Range(0, count).Where(i => invariants.ElementOf(result, i) is not null).ToDictionary(i => i, i => invariants.ElementOf(result, i)!.Value);
        if (Enumerable.Range(0, count).Any(i => !known.ContainsKey(i) && i + start >= leadRank))
            throw new InvalidOperationException($"sizes of '{shape.Inputs[0]!.Name}' are not known");
        Use[] readers = [.. result.Uses];
        Value moved;
        if (known.Count == count)
        {
            moved = graph.AddInitializer(result.Name + "_sizes", TensorData.Vector([.. Enumerable.Range(0, count).Select(i => known[i])]));
        }
        else
        {
            Node? before = After(shape);
            Value sizes = graph.AddNode("Shape", [source], result.Name + "_lead", before).Outputs[0];
            Value lead = graph.AddNode(
                "Gather", [sizes, graph.AddInitializer(result.Name + "_indices", TensorData.Vector([.. Enumerable.Range(0, count).Select(i => (long)Math.Min(i + start, leadRank - 1))]))],
                result.Name + "_kept", before, attributes: new Dictionary<string, AttributeData> { ["axis"] = 0L }).Outputs[0];
            moved = Override(lead, known, count, before);
        }
        foreach (Use reader in readers) graph.SetInput(reader.Node, reader.Index, moved);
    }

    /// <summary>The target of <paramref name="reshape"/> with <paramref name="size"/> as its last element, unless that is -1.</summary>
    public Value WithLast(Node reshape, long size)
    {
        Value target = reshape.Inputs[1]!;
        int last = LengthOf(target) - 1;
        return Literal(target, last) == -1 ? target : Override(target, new Dictionary<int, long> { [last] = size }, reshape);
    }

    /// <summary>Number of axes of <paramref name="value"/>.</summary>
    public int RankOf(Value value) => (invariants.ShapeOf(value) ?? throw new InvalidOperationException($"the rank of '{value.Name}' is not known")).Count;

    private int LengthOf(Value vector) => invariants.ElementCount(vector) ?? throw new InvalidOperationException($"length of '{vector.Name}' is not known");

    private Node? After(Node node)
    {
        int index = graph.Nodes.ToList().IndexOf(node) + 1;
        return index < graph.Nodes.Count ? graph.Nodes[index] : null;
    }

    private long? Literal(Value target, int index) => invariants.ElementOf(target, index);

    /// <summary><paramref name="vector"/> with constants at some positions: a constant where all else is constant too, otherwise Gather and Concat.</summary>
    internal Value Override(Value vector, IReadOnlyDictionary<int, long> elements, Node? before)
    {
        return Override(vector, elements, LengthOf(vector), before);
    }

    private Value Override(Value vector, IReadOnlyDictionary<int, long> elements, int count, Node? before)
    {
        long?[] known = [.. Enumerable.Range(0, count).Select(i => elements.TryGetValue(i, out long e) ? e : invariants.ElementOf(vector, i))];
        if (known.All(k => k is not null)) return graph.AddInitializer(vector.Name + "_pruned", TensorData.Vector([.. known.Select(k => k!.Value)]));
        List<Value> parts = [];
        for (int i = 0; i < count;)
        {
            int end = i;
            bool constant = known[i] is not null;
            while (end < count && known[end] is not null == constant) end++;
            parts.Add(constant
                ? graph.AddInitializer(vector.Name + "_sizes", TensorData.Vector([.. known[i..end].Select(k => k!.Value)]))
                : graph.AddNode(
                    "Gather", [vector, graph.AddInitializer(vector.Name + "_indices", TensorData.Vector([.. Enumerable.Range(i, end - i).Select(x => (long)x)]))],
                    vector.Name + "_kept", before, attributes: new Dictionary<string, AttributeData> { ["axis"] = 0L }).Outputs[0]);
            i = end;
        }
        return graph.AddNode("Concat", [.. parts], vector.Name + "_pruned", before, attributes: new Dictionary<string, AttributeData> { ["axis"] = 0L }).Outputs[0];
    }

    private static void Note(Dictionary<Value, Dictionary<int, long>> where, Value value, int axis, long size)
    {
        if (!where.TryGetValue(value, out Dictionary<int, long>? sizes)) where[value] = sizes = [];
        sizes[axis] = size;
    }
}
