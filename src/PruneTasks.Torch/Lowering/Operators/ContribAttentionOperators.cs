using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Attention and MultiHeadAttention of com.microsoft (ONNX Runtime, docs/ContribOperators.md).</summary>
internal static class ContribAttentionOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("Attention", Attention)
        {
            Domain = "com.microsoft",
            Outputs = 2,
            Refuse = (node, _) => node.Int("do_rotary", 0) != 0 ? "do_rotary"
                : node.Int("past_present_share_buffer", 0) != 0 ? "past and present in one buffer" : null,
        },
        new("MultiHeadAttention", MultiHead)
        {
            Domain = "com.microsoft",
            Outputs = 3,
            Refuse = (node, _) => node.Inputs.Count < 3 || node.Inputs[1] is null || node.Inputs[2] is null ? "queries, keys and values are packed"
                : node.Inputs.Skip(8).Any(i => i is not null) ? "past_sequence_length or cache_indirection" : null,
        },
    ];

    // Projection to queries, keys and values in one product; past and present are [2, batch, heads, length, width].
    private static Tensor?[] Attention(LoweringCall c)
    {
        long heads = c.Node.Int("num_heads", 0), whole = c[1].shape[^1];
        long[] widths = c.Node.Ints("qkv_hidden_sizes") is { Count: 3 } given ? [.. given] : [whole / 3, whole / 3, whole / 3];
        if (widths.Sum() != whole) throw c.Fail($"weights for {whole} columns, widths [{string.Join(", ", widths)}]");
        Tensor all = ProductOperators.Product(c, c[0], c[1]);
        if (c.Optional(2) is { } bias) all = all + bias;
        Tensor Part(int which) => AttentionProduct.Heads(c, all.narrow(2, widths[..which].Sum(), widths[which]), heads);
        Tensor? past = c.Optional(4);
        Tensor query = Part(0), key = AttentionProduct.Append(c, past?[0], Part(1)), value = AttentionProduct.Append(c, past?[1], Part(2));
        Tensor y = Weighted(c, query, key, value, c.Optional(3), c.Optional(5));
        return [AttentionProduct.Join(y), c.Node.Outputs.Count > 1 ? stack([key, value]) : null];
    }

    private static Tensor?[] MultiHead(LoweringCall c)
    {
        long heads = c.Node.Int("num_heads", 0);
        (Tensor query, Tensor? key, Tensor? value) = (c[0], c.Optional(1), c.Optional(2));
        // Packed into one operand they run on other devices than the processor only.
        if (key is null || value is null || query.dim() != 3) throw c.Fail("queries, keys and values are packed");
        Tensor? bias = c.Optional(3);
        long at = 0;
        Tensor Split(Tensor x)
        {
            // Keys and values with four axes come from elsewhere, split and with their biases added.
            if (x.dim() == 4)
            {
                at += x.shape[1] * x.shape[3];
                return x;
            }
            if (bias is not null) x = x + bias.narrow(0, at, x.shape[2]);
            at += x.shape[2];
            return AttentionProduct.Heads(c, x, heads);
        }
        Tensor q = Split(query), k = AttentionProduct.Append(c, c.Optional(6), Split(key)), v = AttentionProduct.Append(c, c.Optional(7), Split(value));
        return [AttentionProduct.Join(Weighted(c, q, k, v, c.Optional(4), c.Optional(5))), k, v];
    }

    private static Tensor Weighted(LoweringCall c, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor? bias)
    {
        (long length, long total) = (query.shape[2], key.shape[2]);
        Tensor scores = AttentionProduct.Scores(c, query, key, c.Node.Float("scale", 0) is var s && s != 0 ? s : 1 / Math.Sqrt(query.shape[3]));
        if (bias is not null) scores = scores + bias;
        double hidden = c.Node.Float("mask_filter_value", -10000);
        if (mask is not null) scores = scores + AttentionProduct.Bias(Seen(c, mask, query.shape[0], length, total), hidden, scores.dtype);
        if (c.Node.Int("unidirectional", 0) != 0)
            scores = scores + AttentionProduct.Bias(AttentionProduct.Causal(length, total, total - length), AttentionProduct.Lowest(scores.dtype), scores.dtype);
        return AttentionProduct.Mix(c, scores.softmax(-1), value);
    }

    // Forms of the mask: an end for each sample, ends and then starts, a flag for each key, or for each query and key.
    private static Tensor Seen(LoweringCall c, Tensor mask, long batch, long length, long total)
    {
        Tensor keys = arange(total).reshape(1, 1, 1, total), m = mask.to(int64);
        Tensor PerSample(Tensor t) => t.reshape(batch, 1, 1, 1);
        return m.shape switch
        {
            [var n] when n == batch => keys < PerSample(m),
            [var n] when n == 2 * batch => (keys < PerSample(m.narrow(0, 0, batch))).logical_and(keys >= PerSample(m.narrow(0, batch, batch))),
            [var n, var t] when n == batch && t == total => (m > 0).reshape(batch, 1, 1, total),
            [var n, var l, var t] when n == batch && l == length && t == total => (m > 0).unsqueeze(1),
            _ => throw c.Fail($"a mask [{string.Join(", ", m.shape)}] is not known"),
        };
    }
}
