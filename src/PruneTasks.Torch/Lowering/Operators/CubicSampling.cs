using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Cubic sampling of images at given places, which the bridge to torch does not offer: 4 × 4 neighbours, weights of Keys (1981), eq. 8, with a = −0.75.</summary>
internal static class CubicSampling
{
    private const double A = -0.75;

    /// <summary>Image [n, c, h, w] at places [n, oh, ow, 2] (x, y in −1 … 1).</summary>
    internal static Tensor Sample(Tensor image, Tensor grid, string padding, bool alignCorners)
    {
        (long n, long channels, long high, long wide) = (image.shape[0], image.shape[1], image.shape[2], image.shape[3]);
        Tensor x = Pixel(grid.select(-1, 0), wide, alignCorners), y = Pixel(grid.select(-1, 1), high, alignCorners);
        Tensor flat = image.reshape(n, channels, -1), left = x.floor(), top = y.floor();
        Tensor? sum = null;
        for (int dy = -1; dy <= 2; dy++)
        {
            for (int dx = -1; dx <= 2; dx++)
            {
                Tensor px = Place(left + dx, wide, padding, alignCorners), py = Place(top + dy, high, padding, alignCorners);
                Tensor weight = Weight(x - (left + dx)) * Weight(y - (top + dy));
                if (padding == "zeros") weight = weight * px.ge(0).logical_and(px.lt(wide)).logical_and(py.ge(0)).logical_and(py.lt(high)).to(weight.dtype);
                Tensor index = (py.clamp(0, high - 1) * wide + px.clamp(0, wide - 1)).to(int64).reshape(n, 1, -1).expand(n, channels, -1);
                Tensor part = flat.gather(2, index).reshape(n, channels, grid.shape[1], grid.shape[2]) * weight.unsqueeze(1);
                sum = sum is null ? part : sum + part;
            }
        }
        return sum!;
    }

    private static Tensor Pixel(Tensor at, long size, bool alignCorners) => alignCorners ? (at + 1) * ((size - 1) / 2.0) : ((at + 1) * size - 1) / 2;

    private static Tensor Place(Tensor at, long size, string padding, bool alignCorners)
    {
        if (padding != "reflection") return at;
        (double low, double span) = alignCorners ? (0, size - 1) : (-0.5, size);
        if (span == 0) return zeros_like(at);
        // A triangle wave: there and back again.
        Tensor turn = (at - low).abs().remainder(2 * span);
        return where(turn > span, 2 * span - turn, turn) + low;
    }

    private static Tensor Weight(Tensor distance)
    {
        Tensor d = distance.abs();
        Tensor near = ((A + 2) * d - (A + 3)) * d * d + 1, far = ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
        return where(d <= 1, near, where(d < 2, far, zeros_like(d)));
    }
}
