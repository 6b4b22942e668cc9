namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of attention in one operator (ONNX, docs/Operators.md; com.microsoft: ONNX Runtime, docs/ContribOperators.md).</summary>
internal static class AttentionRules
{
    /// <summary>Attention of ai.onnx (opset 23): operands [batch, heads, length, width], or [batch, length, heads · width].</summary>
    public static void Standard(NodeContext c)
    {
        bool flat = c.Shape(0).Length == 3;
        long[] query = Split(c, 0, c.Node.Int("q_num_heads", 0)), key = Split(c, 1, c.Node.Int("kv_num_heads", 0)), value = Split(c, 2, c.Node.Int("kv_num_heads", 0));
        long total = key[2] + (c.Has(4) ? c.Shape(4)[2] : 0);
        c.Set(0, c.Type(0), flat ? [query[0], query[2], query[1] * value[3]] : [query[0], query[1], query[2], value[3]]);
        c.Set(1, c.Type(1), key[0], key[1], total, key[3]);
        c.Set(2, c.Type(2), value[0], value[1], total, value[3]);
        c.Set(3, c.Type(0), query[0], query[1], query[2], total);
    }

    /// <summary>Attention of com.microsoft: [batch, length, value width]; the widths of queries, keys and values are equal unless "qkv_hidden_sizes" says otherwise.</summary>
    public static void Attention(NodeContext c)
    {
        long[] x = c.Shape(0), weight = c.Shape(1);
        if (x.Length != 3 || weight.Length != 2) throw c.Inconsistent("Attention needs [batch, length, width] and a matrix");
        long width = c.Node.Ints("qkv_hidden_sizes") is [_, _, var value] ? value : weight[^1] / 3;
        c.Set(0, c.Type(0), [.. x[..^1], width]);
        long heads = c.Node.Int("num_heads", 0);
        if (heads <= 0) return;
        c.Set(1, c.Type(0), 2, x[0], heads, x[1] + (c.Has(4) ? c.Shape(4)[3] : 0), width / heads);
    }

    /// <summary>MultiHeadAttention: queries [batch, length, width], keys and values of the same form, or split into heads, or packed.</summary>
    public static void MultiHead(NodeContext c)
    {
        long[] query = c.Shape(0);
        long heads = c.Node.Int("num_heads", 0);
        if (heads <= 0) throw c.Inconsistent("no number of heads");
        long[] key = query.Length == 5 ? Packed(query) : c.Shape(1).Length == 5 ? Packed(c.Shape(1)) : Split(c, 1, heads);
        long[] value = query.Length == 5 || c.Shape(1).Length == 5 ? key : Split(c, 2, heads);
        long total = key[2] + (c.Has(6) ? c.Shape(6)[2] : 0);
        c.Set(0, c.Type(0), query[0], query[1], heads * value[3]);
        c.Set(1, c.Type(0), key[0], key[1], total, key[3]);
        c.Set(2, c.Type(0), value[0], value[1], total, value[3]);
        c.Set(3, c.Type(0), query[0], heads, query[1], total);
    }

    /// <summary>GroupQueryAttention: the past may be a buffer that is longer than what is used; the present is as long, or as the total length.</summary>
    public static void GroupQuery(NodeContext c)
    {
        long[] query = c.Shape(0);
        long heads = c.Node.Int("num_heads", 0), groups = c.Node.Int("kv_num_heads", 0);
        if (query.Length != 3 || heads <= 0 || groups <= 0) throw c.Inconsistent("GroupQueryAttention needs [batch, length, width] and numbers of heads");
        long width = query[2] / (c.Has(1) ? heads : heads + (2 * groups));
        c.Set(0, c.Type(0), query[0], query[1], heads * width);
        if (!c.HasOutput(1)) return;
        long total = Math.Max(c.Integers(6)[0], c.Has(3) ? c.Shape(3)[2] : 0);
        c.Set(1, c.Type(0), query[0], groups, total, width);
        c.Set(2, c.Type(0), query[0], groups, total, width);
    }

    // [batch, length, heads, parts, width] → [batch, heads, length, width].
    private static long[] Packed(long[] shape) => [shape[0], shape[2], shape[1], shape[4]];

    private static long[] Split(NodeContext c, int input, long heads)
    {
        long[] shape = c.Shape(input);
        if (shape.Length == 4) return shape;
        if (shape.Length != 3 || heads <= 0 || shape[2] % heads != 0) throw c.Inconsistent($"[{Dims.Text(shape)}] has no {heads} heads");
        return [shape[0], heads, shape[1], shape[2] / heads];
    }
}
