namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of reductions and normalisations.</summary>
internal static class ReduceRules
{
    /// <summary>Axes: an attribute, since opset 18 (ReduceSum: 13) an input.</summary>
    public static void Reduce(NodeContext c)
    {
        long[] x = c.Shape(0);
        bool keep = c.Node.Int("keepdims", 1) != 0;
        HashSet<int> axes = Axes(c, x.Length);
        c.Set(0, c.Type(0), Drop(x, axes, keep));
    }

    /// <summary>The axes reduced; all if none are given, none if "noop_with_empty_axes" says so.</summary>
    public static HashSet<int> Axes(NodeContext c, int rank)
    {
        long[]? given = c.IntsOrInput("axes", 1);
        if (given is { Length: > 0 }) return [.. given.Select(a => c.Axis(a, rank))];
        return c.Node.Int("noop_with_empty_axes", 0) != 0 ? [] : [.. Enumerable.Range(0, rank)];
    }

    public static void ArgReduce(NodeContext c)
    {
        long[] x = c.Shape(0);
        c.Set(0, ElementType.Int64, Drop(x, [c.Axis(c.Node.Int("axis", 0), x.Length)], c.Node.Int("keepdims", 1) != 0));
    }

    public static void TopK(NodeContext c)
    {
        long[] x = c.Shape(0);
        x[c.Axis(c.Node.Int("axis", -1), x.Length)] = c.Opset < 10 ? c.Node.Int("k", 1) : c.Integers(1)[0];
        c.Set(0, c.Type(0), x);
        c.Set(1, ElementType.Int64, x);
    }

    /// <summary>Output as the input; mean and inverse deviation without the normalised axes (LayerNormalization and kin).</summary>
    public static void LayerNormalization(NodeContext c)
    {
        long[] x = c.Shape(0);
        c.Set(0, c.Type(0), x);
        int axis = c.Axis(c.Node.Int("axis", -1), x.Length);
        long[] statistics = [.. x.Select((d, i) => i < axis ? d : 1)];
        c.Set(1, ElementType.Float32, statistics);
        c.Set(2, ElementType.Float32, statistics);
    }

    /// <summary>Output as the input; statistics of the training form have one entry a channel.</summary>
    public static void BatchNormalization(NodeContext c)
    {
        long[] x = c.Shape(0);
        c.Set(0, c.Type(0), x);
        for (int i = 1; i < c.Node.Outputs.Count; i++) c.Set(i, c.Type(0), x.Length > 1 ? x[1] : 1);
    }

    private static long[] Drop(long[] shape, HashSet<int> axes, bool keep) =>
        keep ? [.. shape.Select((d, i) => axes.Contains(i) ? 1 : d)] : [.. shape.Where((_, i) => !axes.Contains(i))];
}
