using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>GroupQueryAttention and RotaryEmbedding of com.microsoft (ONNX Runtime, docs/ContribOperators.md).</summary>
internal static class GroupQueryAttention
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("GroupQueryAttention", Run)
        {
            Domain = "com.microsoft",
            Outputs = 3,
            Refuse = (node, _) => node.Inputs.Skip(11).Any(i => i is not null) ? "head_sink or quantised keys"
                : node.Int("smooth_softmax", 0) > 0 ? "smooth_softmax"
                : node.String("k_quant_type", "NONE") != "NONE" || node.String("v_quant_type", "NONE") != "NONE" ? "quantised keys or values" : null,
        },
        LoweringRow.One("RotaryEmbedding", Rotary) with
        {
            Domain = "com.microsoft",
            Refuse = (node, _) => node.Int("is_packed_batching", 0) != 0 ? "packed batches" : node.Float("scale", 1) != 1 ? "a scale" : null,
        },
    ];

    // Sample b has seqlens_k[b] + 1 keys, the last of them new; the keys before them lie in the past, which may be longer than what is used.
    private static Tensor?[] Run(LoweringCall c)
    {
        long heads = c.Node.Int("num_heads", 0), groups = c.Node.Int("kv_num_heads", 0);
        (Tensor query, Tensor key, Tensor value) = Projections(c, heads, groups);
        (long batch, long length) = (query.shape[0], query.shape[2]);
        long[] keys = [.. c.Integers(5).Select(k => k + 1)];
        if (keys.Length != batch) throw c.Fail($"{keys.Length} lengths for {batch} samples");
        long total = c.Integers(6).Single();
        // A prompt fills its samples from the start, shorter ones are padded at the end.
        long[] past = [.. keys.Select(k => length == total ? 0 : k - length)];
        Tensor? pastKey = c.Optional(3), pastValue = c.Optional(4);
        long room = Math.Max(pastKey?.shape[2] ?? 0, total);
        if (past.Any(p => p < 0 || p > (pastKey?.shape[2] ?? 0) || p + length > room)) throw c.Fail($"lengths [{string.Join(", ", keys)}] do not fit {length} new of {room} keys");
        if (c.Node.Int("do_rotary", 0) != 0)
        {
            Tensor positions = c.Optional(9) ?? stack([.. past.Select(p => arange(length).add(p))]);
            Tensor cos = RotaryTurn.Pick(c, c[7], positions), sin = RotaryTurn.Pick(c, c[8], positions);
            bool interleaved = c.Node.Int("rotary_interleaved", 0) != 0;
            (query, key) = (RotaryTurn.Apply(c, query, cos, sin, interleaved), RotaryTurn.Apply(c, key, cos, sin, interleaved));
        }
        Tensor presentKey = Present(pastKey, key, past, room), presentValue = Present(pastValue, value, past, room);
        Tensor scores = AttentionProduct.Scores(c, query, presentKey, c.Node.Float("scale", 0) is var s && s != 0 ? s : 1 / Math.Sqrt(query.shape[3]));
        scores = AttentionProduct.Softcap(scores, c.Node.Float("softcap", 0));
        if (c.Optional(10) is { } bias)
        {
            // The bias reaches as far as the keys in use.
            Tensor wide = bias.shape[3] >= room ? bias.narrow(3, 0, room) : nn.functional.pad(bias, [0, room - bias.shape[3]]);
            scores = scores + wide;
        }
        Tensor seen = stack([.. past.Zip(keys, (p, k) => Seen(c.Node, length, room, p, k))]).unsqueeze(1);
        Tensor y = AttentionProduct.Mix(c, scores.masked_fill(~seen, double.NegativeInfinity).softmax(-1), presentValue);
        return [AttentionProduct.Join(y), presentKey, presentValue];
    }

    private static (Tensor Query, Tensor Key, Tensor Value) Projections(LoweringCall c, long heads, long groups)
    {
        if (c.Optional(1) is { } key) return (AttentionProduct.Heads(c, c[0], heads), AttentionProduct.Heads(c, key, groups), AttentionProduct.Heads(c, c[2], groups));
        Tensor all = AttentionProduct.Heads(c, c[0], heads + (2 * groups));
        return (all.narrow(1, 0, heads), all.narrow(1, heads, groups), all.narrow(1, heads + groups, groups));
    }

    // Padding of a shorter sample sees what the sample's last token sees.
    private static Tensor Seen(Node node, long length, long total, long past, long keys)
    {
        Tensor causal = AttentionProduct.Causal(length, total, past).logical_and(arange(total).unsqueeze(0) < keys);
        return node.Int("local_window_size", -1) is > 0 and var window
            ? causal.logical_and(arange(total).unsqueeze(0) > arange(length).unsqueeze(1) + (past - window)) : causal;
    }

    // Each sample's new keys behind its old ones; what is left of the room is zero.
    private static Tensor Present(Tensor? before, Tensor now, long[] past, long room) => stack([.. past.Select((p, b) =>
    {
        List<Tensor> parts = [now[b]];
        if (p > 0) parts.Insert(0, before![b].narrow(1, 0, p));
        long rest = room - p - now.shape[2];
        if (rest > 0) parts.Add(zeros([now.shape[1], rest, now.shape[3]], now.dtype));
        return parts.Count == 1 ? parts[0] : cat(parts, 1);
    })]);

    private static Tensor Rotary(LoweringCall c)
    {
        long width = c.Node.Int("rotary_embedding_dim", 0), heads = c.Node.Int("num_heads", 0);
        bool flat = c[0].dim() == 3;
        // Without a number of heads the caches tell the width of one.
        if (heads == 0 && flat) heads = c[0].shape[2] / (2 * c[2].shape[1]);
        Tensor x = flat ? AttentionProduct.Heads(c, c[0], heads) : c[0];
        if (width > 0 && c[2].shape[1] * 2 != width) throw c.Fail($"{c[2].shape[1]} angles for {width} coordinates");
        // One position: that of the first token of every sample.
        Tensor positions = c[1].numel() == 1 && c[1].dim() == 1 ? (c[1].to(int64) + arange(x.shape[2])).unsqueeze(0) : c[1];
        Tensor y = RotaryTurn.Apply(c, x, RotaryTurn.Pick(c, c[2], positions), RotaryTurn.Pick(c, c[3], positions), c.Node.Int("interleaved", 0) != 0);
        return flat ? AttentionProduct.Join(y) : y;
    }
}
