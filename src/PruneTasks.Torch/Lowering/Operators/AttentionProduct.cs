using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>The pieces that all attention operators are made of: queries [batch, heads, length, width], keys and values [batch, heads of keys, total, width].</summary>
internal static class AttentionProduct
{
    /// <summary>[batch, length, heads · width] → [batch, heads, length, width].</summary>
    internal static Tensor Heads(LoweringCall c, Tensor x, long heads)
    {
        if (x.dim() != 3 || heads <= 0 || x.shape[2] % heads != 0) throw c.Fail($"[{string.Join(", ", x.shape)}] has no {heads} heads");
        return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);
    }

    /// <summary>[batch, heads, length, width] → [batch, length, heads · width].</summary>
    internal static Tensor Join(Tensor y) => y.transpose(1, 2).reshape(y.shape[0], y.shape[2], -1);

    /// <summary>Scaled products of queries and keys; keys that serve several query heads are used again.</summary>
    internal static Tensor Scores(LoweringCall c, Tensor query, Tensor key, double scale)
    {
        if (query.dim() != 4 || key.dim() != 4 || query.shape[3] != key.shape[3] || query.shape[0] != key.shape[0])
            throw c.Fail($"queries [{string.Join(", ", query.shape)}] and keys [{string.Join(", ", key.shape)}] do not fit");
        return query.matmul(Shared(c, key, query.shape[1]).transpose(2, 3)) * scale;
    }

    /// <summary>Sum of values by weights.</summary>
    internal static Tensor Mix(LoweringCall c, Tensor weights, Tensor value)
    {
        if (value.dim() != 4 || weights.shape[3] != value.shape[2]) throw c.Fail($"weights [{string.Join(", ", weights.shape)}] and values [{string.Join(", ", value.shape)}] do not fit");
        return weights.matmul(Shared(c, value, weights.shape[1]));
    }

    /// <summary>Bends scores so that they stay within ±<paramref name="cap"/>; 0 leaves them.</summary>
    internal static Tensor Softcap(Tensor scores, double cap) => cap > 0 ? (scores / cap).tanh() * cap : scores;

    /// <summary>What came before and what is new, along the length.</summary>
    internal static Tensor Append(LoweringCall c, Tensor? past, Tensor now)
    {
        if (past is null) return now;
        if (past.dim() != 4 || past.shape[0] != now.shape[0] || past.shape[1] != now.shape[1] || past.shape[3] != now.shape[3])
            throw c.Fail($"past [{string.Join(", ", past.shape)}] and present [{string.Join(", ", now.shape)}] do not fit");
        return cat([past, now], 2);
    }

    /// <summary>True where query s, the one at position <paramref name="past"/> + s, may see a key: [length, total].</summary>
    internal static Tensor Causal(long length, long total, long past) => arange(total).unsqueeze(0) <= (arange(length).unsqueeze(1) + past);

    /// <summary>0 where <paramref name="seen"/>, else <paramref name="hidden"/>.</summary>
    internal static Tensor Bias(Tensor seen, double hidden, ScalarType type) =>
        where(seen, zeros([], type), tensor(hidden, type));

    // A lowest number instead of infinity: a row that sees nothing gives the mean of all values, as ONNX Runtime does, and not NaN.
    internal static double Lowest(ScalarType type) => type == ScalarType.Float64 ? double.MinValue : float.MinValue;

    private static Tensor Shared(LoweringCall c, Tensor x, long heads)
    {
        if (x.shape[1] == heads) return x;
        if (x.shape[1] == 0 || heads % x.shape[1] != 0) throw c.Fail($"{heads} heads of queries over {x.shape[1]} heads of keys");
        return x.repeat_interleave(heads / x.shape[1], dim: 1);
    }
}
