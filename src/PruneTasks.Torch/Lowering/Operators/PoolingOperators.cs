using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Pools over one, two or three spatial axes. The padding is made here, just as large as the windows need it, so that torch never has to round.</summary>
internal static class PoolingOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("MaxPool", MaxPool) { Outputs = 2, Refuse = Refuse },
        One("AveragePool", c => Pool(c, c[0], Average)) with { Refuse = Refuse },
        One("LpPool", c => Pool(c, c[0], Lp)) with { Refuse = Refuse },
        One("MaxUnpool", MaxUnpool) with { Refuse = Refuse },
    ];

    private static string? Refuse(Node node, long opset) => node.Ints("kernel_shape") switch
    {
        null => "no kernel_shape",
        { Count: 1 or 2 or 3 } kernel => ConvolutionOperators.Gaps(node, [.. kernel], 1),
        { Count: var n } => $"{n} spatial axes",
    };

    // A window of one axis is one of two with an axis of 1 before it.
    private static Tensor Pool(LoweringCall c, Tensor x, Func<LoweringCall, Tensor, WindowGeometry, Tensor> function)
    {
        WindowGeometry g = Geometry(c, x);
        return g.Axes == 1 ? function(c, x.unsqueeze(2), g.Flat()).squeeze(2) : function(c, x, g);
    }

    // The pads at the ends are what the last window reaches, which is more than asked for with ceil_mode and less where windows do not fit.
    private static WindowGeometry Geometry(LoweringCall c, Tensor x)
    {
        WindowGeometry g = WindowGeometry.Of(c, [.. c.Node.Ints("kernel_shape")!], x.shape.AsSpan(2));
        bool ceil = c.Node.Int("ceil_mode", 0) != 0;
        long[] pads = [.. g.Pads];
        for (int i = 0; i < g.Axes; i++)
        {
            long size = x.shape[i + 2], reach = ((g.Kernel[i] - 1) * g.Dilations[i]) + 1, room = size + pads[i] + pads[g.Axes + i] - reach;
            if (room < 0) throw c.Fail($"a window of {reach} does not fit into {size}");
            long windows = ((ceil ? room + g.Strides[i] - 1 : room) / g.Strides[i]) + 1;
            // No window starts in the padding behind the data.
            if (ceil && (windows - 1) * g.Strides[i] >= size + pads[i]) windows--;
            pads[g.Axes + i] = ((windows - 1) * g.Strides[i]) + reach - size - pads[i];
        }
        return g with { Pads = pads };
    }

    private static Tensor?[] MaxPool(LoweringCall c)
    {
        // Bytes (the only integers allowed) are exact in float32.
        Tensor x = c[0].is_floating_point() ? c[0] : c[0].to(float32);
        WindowGeometry g = Geometry(c, x);
        if (!c.IsUsed(1)) return [Pool(c, x, (_, t, w) => Max(t, w)).to(c[0].dtype)];
        (Tensor y, Tensor index) = g.Axes == 1 ? MaxWithIndex(x.unsqueeze(2), g.Flat()) : MaxWithIndex(x, g);
        if (g.Axes == 1) (y, index) = (y.squeeze(2), index.squeeze(2));
        return [y.to(c[0].dtype), Places(c, x, g, index)];
    }

    private static Tensor Max(Tensor x, WindowGeometry g)
    {
        Tensor padded = PaddingOperators.Spatial(x, g.Pads, double.NegativeInfinity);
        long[] none = new long[g.Axes];
        return g.Axes == 2 ? functional.max_pool2d(padded, g.Kernel, g.Strides, none, g.Dilations, false) : functional.max_pool3d(padded, g.Kernel, g.Strides, none, g.Dilations, false);
    }

    private static (Tensor Y, Tensor Index) MaxWithIndex(Tensor x, WindowGeometry g)
    {
        Tensor padded = PaddingOperators.Spatial(x, g.Pads, double.NegativeInfinity);
        long[] none = new long[g.Axes];
        return g.Axes == 2 ? functional.max_pool2d_with_indices(padded, g.Kernel, g.Strides, none, g.Dilations, false) : functional.max_pool3d_with_indices(padded, g.Kernel, g.Strides, none, g.Dilations, false);
    }

    // torch counts within one padded plane, ONNX over the whole tensor; storage_order 1 counts the spatial axes from the first.
    private static Tensor Places(LoweringCall c, Tensor x, WindowGeometry g, Tensor index)
    {
        bool columns = c.Node.Int("storage_order", 0) != 0;
        Tensor place = zeros_like(index);
        long weight = 1;
        Tensor[] coordinates = new Tensor[g.Axes];
        for (int i = g.Axes - 1; i >= 0; i--)
        {
            long size = x.shape[i + 2] + g.Pads[i] + g.Pads[g.Axes + i];
            coordinates[i] = index.remainder(size) - g.Pads[i];
            index = index.div(size, RoundingMode.floor);
        }
        for (int i = 0; i < g.Axes; i++)
        {
            place = columns ? place + coordinates[i] * weight : place * x.shape[i + 2] + coordinates[i];
            weight *= x.shape[i + 2];
        }
        long plane = x.shape[2..].Aggregate(1L, (a, b) => a * b);
        Tensor planes = arange(x.shape[0] * x.shape[1], int64).reshape([x.shape[0], x.shape[1], .. Enumerable.Repeat(1L, g.Axes)]);
        return place + planes * plane;
    }

    // The sum over the window divided by the sum over ones, which counts what is really there (with count_include_pad also the pads that were asked for).
    private static Tensor Average(LoweringCall c, Tensor x, WindowGeometry g)
    {
        if (g.Pads.All(p => p == 0)) return Mean(x, g);
        bool include = c.Node.Int("count_include_pad", 0) != 0;
        Tensor there = ones([1, 1, .. x.shape[2..]], x.dtype);
        WindowGeometry rest = g;
        if (include)
        {
            WindowGeometry asked = WindowGeometry.Of(c, [.. c.Node.Ints("kernel_shape")!], c[0].shape.AsSpan(2));
            long[] pads = [.. asked.Axes == g.Axes ? asked.Pads : asked.Flat().Pads];
            // Windows that do not fit are cut off the pads that were asked for.
            for (int i = 0; i < g.Axes; i++) pads[g.Axes + i] = Math.Min(pads[g.Axes + i], g.Pads[g.Axes + i]);
            there = PaddingOperators.Spatial(there, pads, 1);
            rest = g with { Pads = [.. g.Pads.Zip(pads, (a, b) => a - b)] };
            if (rest.Pads.All(p => p == 0)) return Mean(x, g);
        }
        return Mean(x, g) / Mean(there, rest);
    }

    // (Σ |x|^p)^(1/p).
    private static Tensor Lp(LoweringCall c, Tensor x, WindowGeometry g)
    {
        long p = c.Node.Int("p", 2), taps = g.Kernel.Aggregate(1L, (a, b) => a * b);
        return (Mean(x.abs().pow(p), g) * taps).pow(1.0 / p);
    }

    // Means over windows of the zero-padded data; torch knows no dilation here, so that its windows are summed tap by tap.
    private static Tensor Mean(Tensor x, WindowGeometry g)
    {
        Tensor padded = PaddingOperators.Spatial(x, g.Pads, 0);
        if (g.Dilations.All(d => d == 1))
            return g.Axes == 2 ? functional.avg_pool2d(padded, g.Kernel, g.Strides, new long[2]) : functional.avg_pool3d(padded, g.Kernel, g.Strides, new long[3]);
        long taps = g.Kernel.Aggregate(1L, (a, b) => a * b);
        Tensor? sum = null;
        for (long tap = 0; tap < taps; tap++)
        {
            Tensor part = padded;
            long rest = tap;
            for (int i = g.Axes - 1; i >= 0; i--)
            {
                long start = rest % g.Kernel[i] * g.Dilations[i], windows = ((padded.shape[i + 2] - ((g.Kernel[i] - 1) * g.Dilations[i]) - 1) / g.Strides[i]) + 1;
                part = part.slice(i + 2, start, start + ((windows - 1) * g.Strides[i]) + 1, g.Strides[i]);
                rest /= g.Kernel[i];
            }
            sum = sum is null ? part : sum + part;
        }
        return sum! / taps;
    }

    // Indices count over a tensor of the size that the windows came from; a larger output_shape adds zeros at the ends.
    private static Tensor MaxUnpool(LoweringCall c)
    {
        Tensor x = c[0], index = c[1].to(int64);
        WindowGeometry g = WindowGeometry.Of(c, [.. c.Node.Ints("kernel_shape")!], x.shape.AsSpan(2));
        long[] size = [.. x.shape[..2], .. Enumerable.Range(0, g.Axes).Select(i => ((x.shape[i + 2] - 1) * g.Strides[i]) - g.Pads[i] - g.Pads[g.Axes + i] + g.Kernel[i])];
        long count = size.Aggregate(1L, (a, b) => a * b);
        Tensor y = zeros([count], x.dtype).index_put_(x.reshape(-1), [TensorIndex.Tensor(index.reshape(-1))]).reshape(size);
        if (c.Optional(2) is null) return y;
        long[] wanted = c.Integers(2);
        if (wanted.Length != size.Length) throw c.Fail($"an output shape of {wanted.Length} sizes for {size.Length} axes");
        for (int i = 0; i < size.Length; i++) y = PaddingOperators.Constant(y, i, 0, wanted[i] - size[i], 0);
        return y;
    }
}
