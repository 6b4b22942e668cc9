using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Rotary position embedding: pairs of coordinates of a head are turned by an angle that grows with the position.</summary>
internal static class RotaryTurn
{
    /// <summary>Turns <paramref name="x"/> [batch, heads, length, width].</summary>
    /// <param name="c">The call, for errors.</param>
    /// <param name="x">Queries or keys.</param>
    /// <param name="cos">Cosines [batch or 1, length, pairs].</param>
    /// <param name="sin">Sines of the same shape.</param>
    /// <param name="interleaved">A pair is two neighbours; else coordinate i of the first half and i of the second half.</param>
    /// <remarks>Coordinates behind the first 2 · pairs stay.</remarks>
    internal static Tensor Apply(LoweringCall c, Tensor x, Tensor cos, Tensor sin, bool interleaved)
    {
        long pairs = cos.shape[^1], width = x.shape[3];
        if (cos.dim() != 3 || !cos.shape.SequenceEqual(sin.shape) || 2 * pairs > width || cos.shape[1] != x.shape[2] || (cos.shape[0] != 1 && cos.shape[0] != x.shape[0]))
            throw c.Fail($"angles [{string.Join(", ", cos.shape)}] do not fit [{string.Join(", ", x.shape)}]");
        (cos, sin) = (cos.unsqueeze(1), sin.unsqueeze(1));
        Tensor turned = x.narrow(3, 0, 2 * pairs), result;
        if (interleaved)
        {
            Tensor both = turned.reshape([.. x.shape[..3], pairs, 2]);
            (Tensor a, Tensor b) = (both.select(4, 0), both.select(4, 1));
            result = stack([a * cos - b * sin, a * sin + b * cos], 4).reshape(turned.shape);
        }
        else
        {
            (Tensor a, Tensor b) = (turned.narrow(3, 0, pairs), turned.narrow(3, pairs, pairs));
            result = cat([a * cos - b * sin, a * sin + b * cos], 3);
        }
        return 2 * pairs == width ? result : cat([result, x.narrow(3, 2 * pairs, width - 2 * pairs)], 3);
    }

    /// <summary>Rows of a cache [positions, pairs] for <paramref name="positions"/> [batch or 1, length].</summary>
    internal static Tensor Pick(LoweringCall c, Tensor cache, Tensor positions)
    {
        if (cache.dim() != 2) throw c.Fail($"a cache of angles with {cache.dim()} axes");
        Tensor index = positions.to(int64);
        if (index.numel() > 0 && (index.min().item<long>() < 0 || index.max().item<long>() >= cache.shape[0])) throw c.Fail($"a position outside of the {cache.shape[0]} in the cache");
        return cache.index_select(0, index.reshape(-1)).reshape([.. index.shape, cache.shape[1]]);
    }
}
