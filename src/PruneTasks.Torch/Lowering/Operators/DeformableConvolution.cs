using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>DeformConv over two spatial axes: each tap of the kernel reads at its own place plus a learned offset (Dai et al., 2017, eq. 2).</summary>
internal static class DeformableConvolution
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } = [One("DeformConv", Run)];

    // Inputs: X [n, c, h, w], W [o, c / group, kh, kw], offsets [n, groups · kh · kw · 2, oh, ow], bias, mask [n, groups · kh · kw, oh, ow].
    private static Tensor Run(LoweringCall c)
    {
        (Tensor x, Tensor w, Tensor offset) = (c[0], c[1], c[2]);
        if (x.dim() != 4 || w.dim() != 4 || offset.dim() != 4) throw c.Fail($"{x.dim() - 2} spatial axes");
        WindowGeometry g = WindowGeometry.Of(c, w.shape[2..], x.shape.AsSpan(2));
        (long n, long channels, long high, long wide) = (offset.shape[0], x.shape[1], offset.shape[2], offset.shape[3]);
        long groups = c.Node.Int("group", 1), shifts = c.Node.Int("offset_group", 1), taps = g.Kernel[0] * g.Kernel[1];
        if (channels % shifts != 0 || offset.shape[1] != shifts * taps * 2 || channels != w.shape[1] * groups) throw c.Fail("channels, groups and offsets do not fit");
        Tensor moved = offset.reshape(n, shifts, taps, 2, high, wide);
        Tensor rows = arange(high, x.dtype).reshape(1, 1, -1, 1) * g.Strides[0] - g.Pads[0], columns = arange(wide, x.dtype).reshape(1, 1, 1, -1) * g.Strides[1] - g.Pads[1];
        List<Tensor> read = [];
        for (int tap = 0; tap < taps; tap++)
        {
            (long ky, long kx) = (tap / g.Kernel[1], tap % g.Kernel[1]);
            Tensor value = Sample(x.reshape(n, shifts, channels / shifts, x.shape[2], x.shape[3]),
                moved.select(2, tap).select(2, 0) + rows + (ky * g.Dilations[0]), moved.select(2, tap).select(2, 1) + columns + (kx * g.Dilations[1]));
            if (c.Optional(4) is { } mask) value = value * mask.reshape(n, shifts, taps, high, wide).select(2, tap).unsqueeze(2);
            read.Add(value.reshape(n, channels, high, wide));
        }
        // [n, group, c / group · taps, places], against the kernel of each group.
        Tensor unfolded = stack(read, 2).reshape(n, groups, w.shape[1] * taps, high * wide);
        Tensor y = w.reshape(1, groups, w.shape[0] / groups, w.shape[1] * taps).matmul(unfolded).reshape(n, w.shape[0], high, wide);
        return c.Optional(3) is { } bias ? y + bias.reshape(1, -1, 1, 1) : y;
    }

    // Bilinear; what lies outside is 0. Image [n, g, c, h, w], places [n, g, oh, ow].
    private static Tensor Sample(Tensor image, Tensor y, Tensor x)
    {
        (long high, long wide) = (image.shape[3], image.shape[4]);
        Tensor flat = image.reshape([.. image.shape[..3], -1]), top = y.floor(), left = x.floor();
        Tensor? sum = null;
        for (int dy = 0; dy < 2; dy++)
        {
            for (int dx = 0; dx < 2; dx++)
            {
                Tensor py = top + dy, px = left + dx;
                Tensor inside = py.ge(0).logical_and(py.le(high - 1)).logical_and(px.ge(0)).logical_and(px.le(wide - 1));
                Tensor weight = (1 - (y - py).abs()) * (1 - (x - px).abs()) * inside.to(y.dtype);
                Tensor index = (py.clamp(0, high - 1) * wide + px.clamp(0, wide - 1)).to(int64).reshape(image.shape[0], image.shape[1], 1, -1).expand([.. image.shape[..3], y.shape[2] * y.shape[3]]);
                Tensor part = flat.gather(3, index).reshape([.. image.shape[..3], y.shape[2], y.shape[3]]) * weight.unsqueeze(2);
                sum = sum is null ? part : sum + part;
            }
        }
        return sum!;
    }
}
