namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of convolutions and pools.</summary>
internal static class WindowRules
{
    public static void Conv(NodeContext c) => c.Set(0, c.Type(0), ConvShape(c, c.Shape(0), c.Shape(1)));

    public static long[] ConvShape(NodeContext c, long[] x, long[] w)
    {
        if (x.Length < 3 || w.Length != x.Length) throw c.Inconsistent($"data has {x.Length} axes, the kernel {w.Length}");
        long group = c.Node.Int("group", 1);
        if (group < 1 || x[1] != w[1] * group) throw c.Inconsistent($"{x[1]} channels in {group} groups, the kernel has {w[1]}");
        return [x[0], w[0], .. Slide(c, x.AsSpan(2), Kernel(c, w))];
    }

    /// <summary>The size before a MaxPool: given, or what its window makes of the sizes.</summary>
    public static void MaxUnpool(NodeContext c)
    {
        long[] x = c.Shape(0);
        if (x.Length < 3) throw c.Inconsistent("no spatial axis");
        if (c.Has(2))
        {
            c.Set(0, c.Type(0), c.Integers(2));
            return;
        }
        int n = x.Length - 2;
        long[] kernel = c.Node.Ints("kernel_shape") is { } k && k.Count == n ? [.. k] : throw c.Inconsistent("no kernel_shape");
        long[] strides = Each(c, "strides", n, 1), pads = Each(c, "pads", 2 * n, 0);
        c.Set(0, c.Type(0), [x[0], x[1], .. Enumerable.Range(0, n).Select(i => ((x[i + 2] - 1) * strides[i]) - pads[i] - pads[i + n] + kernel[i])]);
    }

    public static void Pool(NodeContext c)
    {
        long[] x = c.Shape(0);
        if (x.Length < 3) throw c.Inconsistent("no spatial axis");
        long[] kernel = c.Node.Ints("kernel_shape") is { } k ? [.. k] : throw c.Inconsistent("no kernel_shape");
        long[] shape = [x[0], x[1], .. Slide(c, x.AsSpan(2), kernel)];
        c.Set(0, c.Type(0), shape);
        c.Set(1, ElementType.Int64, shape);
    }

    public static void GlobalPool(NodeContext c)
    {
        long[] x = c.Shape(0);
        if (x.Length < 2) throw c.Inconsistent("no channel axis");
        c.Set(0, c.Type(0), [x[0], x[1], .. Enumerable.Repeat(1L, x.Length - 2)]);
    }

    public static void ConvTranspose(NodeContext c)
    {
        long[] x = c.Shape(0), w = c.Shape(1);
        if (x.Length < 3 || w.Length != x.Length) throw c.Inconsistent($"data has {x.Length} axes, the kernel {w.Length}");
        int n = x.Length - 2;
        long[] kernel = Kernel(c, w), strides = Each(c, "strides", n, 1), dilations = Each(c, "dilations", n, 1), extra = Each(c, "output_padding", n, 0);
        long[] pads = Each(c, "pads", 2 * n, 0);
        bool same = c.Node.String("auto_pad") is "SAME_UPPER" or "SAME_LOWER";
        var shape = new long[n];
        for (int i = 0; i < n; i++)
        {
            shape[i] = same
                ? x[i + 2] * strides[i]
                : (strides[i] * (x[i + 2] - 1)) + extra[i] + ((kernel[i] - 1) * dilations[i]) + 1 - pads[i] - pads[i + n];
        }
        if (c.Node.Ints("output_shape") is { } given) shape = [.. given.TakeLast(n)];
        c.Set(0, c.Type(0), [x[0], w[1] * c.Node.Int("group", 1), .. shape]);
    }

    private static long[] Kernel(NodeContext c, long[] w) => c.Node.Ints("kernel_shape") is { } k && k.Count == w.Length - 2 ? [.. k] : w[2..];

    private static long[] Slide(NodeContext c, ReadOnlySpan<long> input, long[] kernel)
    {
        int n = input.Length;
        if (kernel.Length != n) throw c.Inconsistent($"{n} spatial axes, the kernel has {kernel.Length}");
        long[] strides = Each(c, "strides", n, 1), dilations = Each(c, "dilations", n, 1), pads = Each(c, "pads", 2 * n, 0);
        string autoPad = c.Node.String("auto_pad") ?? "NOTSET";
        bool ceil = c.Node.Int("ceil_mode", 0) != 0;
        var result = new long[n];
        for (int i = 0; i < n; i++)
        {
            if (strides[i] < 1 || dilations[i] < 1 || kernel[i] < 1) throw c.Inconsistent("a stride, dilation or kernel size below 1");
            if (autoPad is "SAME_UPPER" or "SAME_LOWER")
            {
                result[i] = (input[i] + strides[i] - 1) / strides[i];
                continue;
            }
            long before = autoPad == "VALID" ? 0 : pads[i], after = autoPad == "VALID" ? 0 : pads[i + n];
            long room = input[i] + before + after - (((kernel[i] - 1) * dilations[i]) + 1);
            if (room < 0) throw c.Inconsistent($"a window of {kernel[i]} does not fit into {input[i]}");
            result[i] = ((ceil ? room + strides[i] - 1 : room) / strides[i]) + 1;
            // A window that would start in the padding behind the data is left out (ai.onnx pools, ceil_mode).
            if (ceil && (result[i] - 1) * strides[i] >= input[i] + before) result[i]--;
        }
        return result;
    }

    private static long[] Each(NodeContext c, string attribute, int count, long fallback)
    {
        if (c.Node.Ints(attribute) is not { Count: > 0 } given) return [.. Enumerable.Repeat(fallback, count)];
        return given.Count == count ? [.. given] : throw c.Inconsistent($"{attribute} has {given.Count} entries, {count} are needed");
    }
}
