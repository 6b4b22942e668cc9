using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>The nodes that read a value, all of which pick the same few tokens of one axis (ai.onnx Gather; Slice, by attributes before opset 10).</summary>
/// <param name="Source">The value they read.</param>
/// <param name="Axis">The axis of tokens.</param>
/// <param name="Tokens">Tokens that are read, by index as written: one from the end is negative if the number of tokens is open.</param>
/// <param name="Picks">For each node the tokens it reads, in its order.</param>
internal sealed record TokenReaders(Value Source, int Axis, IReadOnlyList<long> Tokens, IReadOnlyDictionary<Node, long[]> Picks)
{
    /// <summary>The readers of the value that <paramref name="node"/> reads, or <see langword="null"/> if one of them reads all tokens, or tokens that are not known.</summary>
    public static TokenReaders? Of(Node node, OnnxModel model, ShapeInvariants invariants)
    {
        if (node is not { Domain: "", OpType: "Gather" or "Slice", Inputs: [{ Constant: null, IsGraphOutput: false, IsCaptured: false } source, ..] }) return null;
        if (invariants.ShapeOf(source) is not { Count: > 1 } shape) return null;
        int? axis = null;
        Dictionary<Node, long[]> picks = [];
        foreach (Use use in source.Uses)
        {
            if (use.Node.OpType == "Shape") continue;
            if (use.Index != 0 || Pick(use.Node, model, invariants, shape) is not { } pick || (axis ?? pick.Axis) != pick.Axis) return null;
            axis = pick.Axis;
            picks[use.Node] = pick.Tokens;
        }
        long[] tokens = [.. picks.Values.SelectMany(p => p).Distinct().Order()];
        return axis is { } a && tokens.Length > 0 ? new TokenReaders(source, a, tokens, picks) : null;
    }

    /// <summary>Makes the readers read the value after all other tokens have gone from it.</summary>
    public void Redirect(Graph graph, OnnxModel model, ShapeInvariants invariants)
    {
        foreach ((Node node, long[] pick) in Picks)
        {
            long[] places = [.. pick.Select(t => (long)Tokens.ToList().IndexOf(t))];
            if (node.OpType == "Gather")
            {
                TensorData old = invariants.ContentOf(node.Inputs[1]!)!;
                if (!old.ToInt64s().SequenceEqual(places))
                    graph.SetInput(node, 1, graph.AddInitializer(node.Outputs[0].Name + "_tokens", TensorData.Of(old.Shape, places)));
                continue;
            }
            SliceArguments slice = SliceArguments.Of(node, model.Opset, invariants)!;
            int at = slice.IndexOf(Axis, invariants.ShapeOf(Source)!.Count);
            slice.Starts[at] = places[0];
            slice.Ends[at] = places[^1] + 1;
            slice.Write(graph, node, model.Opset);
        }
    }

    private static (int Axis, long[] Tokens)? Pick(Node node, OnnxModel model, ShapeInvariants invariants, IReadOnlyList<long?> shape)
    {
        if (node.Domain.Length > 0) return null;
        if (node.OpType == "Gather")
        {
            if (node.Inputs[1] is not { } indices || invariants.ContentOf(indices) is not { Type: ElementType.Int64 or ElementType.Int32, Count: > 0 and <= 64 } content) return null;
            int axis = Normal(node.Int("axis", 0), shape.Count);
            if (axis < 0 || axis >= shape.Count) return null;
            return (axis, [.. content.ToInt64s().Select(i => i < 0 && shape[axis] is { } size ? i + size : i)]);
        }
        if (node.OpType != "Slice" || SliceArguments.Of(node, model.Opset, invariants) is not { } slice) return null;
        for (int i = 0; i < slice.Axes.Length; i++)
        {
            int axis = Normal(slice.Axes[i], shape.Count);
            long start = slice.Starts[i], end = slice.Ends[i];
            if (slice.Steps[i] != 1 || axis < 0 || axis >= shape.Count) return null;
            if (shape[axis] is { } size)
            {
                start = Math.Clamp(start < 0 ? start + size : start, 0, size);
                end = Math.Clamp(end < 0 ? end + size : end, start, size);
                if (end - start < size && end > start) return (axis, [.. Enumerable.Range((int)start, (int)(end - start)).Select(t => (long)t)]);
            }
            else if ((start, end) is (0, 1) || (start == -1 && end > int.MaxValue - 1L))
            {
                // The first or the last of an open number of tokens; other ranges may be cut off at the end.
                return (axis, [start]);
            }
        }
        return null;
    }

    private static int Normal(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);
}
