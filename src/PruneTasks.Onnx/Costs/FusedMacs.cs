namespace PruneTasks.Onnx;

/// <summary>Multiply-accumulates of operators that hold several products, or one with what stood around it.</summary>
internal static class FusedMacs
{
    /// <summary>MACs of a fused product of com.microsoft, <see langword="null"/> inside if a shape is not known; <see langword="null"/> for another operator.</summary>
    public static (long? Macs, bool IsProduct)? Of(Node node, InferredShapes shapes)
    {
        IReadOnlyList<long>? y = shapes.ShapeOf(node.Outputs[0]), a = Shape(node, 0, shapes), b = Shape(node, 1, shapes);
        return node.OpType switch
        {
            "FusedMatMul" or "TransposeMatMul" => (y is null || a is null ? null : Count(y) * Summed(node, a), true),
            "FusedGemm" => (y is null || a is null ? null : Count(y) * a[node.Int("transA", 0) != 0 ? 0 : 1], true),
            "FusedConv" => (y is null || b is null ? null : Count(y) * Count(b.Skip(1)), true),
            _ => null,
        };
    }

    /// <summary>MACs of attention: scores of queries and keys, sums of values, and of com.microsoft's Attention the projection before them. Masked pairs count.</summary>
    public static long? OfAttention(Node node, InferredShapes shapes)
    {
        if (shapes.ShapeOf(node.Outputs[0]) is not { } y || Shape(node, 0, shapes) is not { } query) return null;
        if (node is { Domain: "com.microsoft", OpType: "Attention" })
        {
            if (Shape(node, 1, shapes) is not { } weight) return null;
            long width = node.Ints("qkv_hidden_sizes") is [var q, _, _] ? q : weight[1] / 3, total = query[1] + (Shape(node, 4, shapes)?[3] ?? 0);
            return (Count(query) * weight[1]) + (query[0] * query[1] * total * (width + y[2]));
        }
        if (node.OpType == "GroupQueryAttention")
        {
            long total = Math.Max(query[1], Shape(node, 3, shapes)?[2] ?? 0);
            return 2 * Count(y) * total;
        }
        bool packed = query.Count == 5;
        IReadOnlyList<long>? key = packed ? query : Shape(node, 1, shapes);
        if (key is null) return null;
        // The length is the second axis unless the heads are split off: [batch, heads, length, width].
        int pastAt = node.Domain.Length == 0 ? 4 : 6;
        long keys = (key.Count == 4 ? key[2] : key[1]) + (Shape(node, pastAt, shapes)?[2] ?? 0);
        long scores = packed ? Count(query) / 3 : Count(query);
        return (scores + Count(y)) * keys;
    }

    private static long Summed(Node node, IReadOnlyList<long> a)
    {
        if (a.Count == 1) return a[0];
        List<long> shape = [.. a];
        if (node.Int("transBatchA", 0) != 0)
        {
            shape.Insert(shape.Count - 1, shape[0]);
            shape.RemoveAt(0);
        }
        return node.Int("transA", 0) != 0 ? shape[^2] : shape[^1];
    }

    private static IReadOnlyList<long>? Shape(Node node, int input, InferredShapes shapes) =>
        input < node.Inputs.Count && node.Inputs[input] is { } value ? shapes.ShapeOf(value) : null;

    private static long Count(IEnumerable<long> shape) => shape.Aggregate(1L, (a, b) => a * b);
}
