using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>CenterCropPad, and Col2Im over any number of spatial axes.</summary>
internal static class ExtentOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("CenterCropPad", CenterCropPad),
        One("Col2Im", Col2Im),
    ];

    // What is odd goes to the end, both where an axis grows and where it shrinks.
    private static Tensor CenterCropPad(LoweringCall c)
    {
        Tensor x = c[0];
        long[] sizes = c.Integers(1);
        long[] axes = c.Node.Ints("axes") is { } given ? [.. given.Select(a => c.Axis(a, c[0].dim()))] : [.. Enumerable.Range(0, (int)x.dim()).Select(i => (long)i)];
        if (sizes.Length != axes.Length) throw c.Fail($"{sizes.Length} sizes for {axes.Length} axes");
        for (int i = 0; i < axes.Length; i++)
        {
            long have = x.shape[axes[i]], missing = sizes[i] - have;
            if (missing <= 0) x = x.narrow(axes[i], -missing / 2, sizes[i]);
            else x = PaddingOperators.Constant(x, axes[i], missing / 2, missing - (missing / 2), 0);
        }
        return x;
    }

    // Every element of a column is added to the place in the image that it was taken from.
    private static Tensor Col2Im(LoweringCall c)
    {
        (Tensor x, long[] image, long[] block) = (c[0], c.Integers(1), c.Integers(2));
        int n = image.Length;
        WindowGeometry g = WindowGeometry.Of(c, block, image);
        long[] padded = [.. Enumerable.Range(0, n).Select(i => image[i] + g.Pads[i] + g.Pads[n + i])];
        long[] places = [.. Enumerable.Range(0, n).Select(i => ((padded[i] - (g.Dilations[i] * (block[i] - 1)) - 1) / g.Strides[i]) + 1)];
        long size = Product(block), columns = Product(places);
        if (x.dim() != 3 || x.shape[1] % size != 0 || x.shape[2] != columns) throw c.Fail($"[{string.Join(", ", x.shape)}] are not the columns of {columns} blocks of {size}");
        var index = new long[size * columns];
        for (long k = 0; k < size; k++)
        {
            for (long p = 0; p < columns; p++)
            {
                long at = 0, inBlock = k, place = p, stride = 1;
                for (int i = n - 1; i >= 0; i--)
                {
                    at += ((inBlock % block[i] * g.Dilations[i]) + (place % places[i] * g.Strides[i])) * stride;
                    (inBlock, place, stride) = (inBlock / block[i], place / places[i], stride * padded[i]);
                }
                index[(k * columns) + p] = at;
            }
        }
        long channels = x.shape[1] / size;
        Tensor y = zeros([x.shape[0], channels, Product(padded)], x.dtype).index_add(2, tensor(index), x.reshape(x.shape[0], channels, -1), 1);
        y = y.reshape([x.shape[0], channels, .. padded]);
        for (int i = 0; i < n; i++) y = y.narrow(i + 2, g.Pads[i], image[i]);
        return y;
    }

    private static long Product(long[] sizes) => sizes.Aggregate(1L, (a, b) => a * b);
}
