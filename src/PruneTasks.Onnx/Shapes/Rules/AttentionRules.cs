namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of attention in one operator (com.microsoft, ONNX Runtime docs/ContribOperators.md): only the first output is told.</summary>
internal static class AttentionRules
{
    /// <summary>Attention: [batch, sequence, value width]; the widths of queries, keys and values are equal unless "qkv_hidden_sizes" says otherwise.</summary>
    public static void Attention(NodeContext c)
    {
        long[] x = c.Shape(0), weight = c.Shape(1);
        long width = c.Node.Ints("qkv_hidden_sizes") is [_, _, var value] ? value : weight[^1] / 3;
        c.Set(0, c.Type(0), [.. x[..^1], width]);
    }

    /// <summary>MultiHeadAttention with queries [batch, sequence, width] and values of the same form; packed forms are not told.</summary>
    public static void MultiHead(NodeContext c)
    {
        if (!c.Has(2)) throw new UnknownShapeException(UnknownShape.NoRule, "packed queries, keys and values");
        long[] query = c.Shape(0), value = c.Shape(2);
        if (query.Length != 3 || value.Length != 3) throw new UnknownShapeException(UnknownShape.NoRule, "queries or values are not [batch, sequence, width]");
        c.Set(0, c.Type(0), query[0], query[1], value[2]);
    }
}
