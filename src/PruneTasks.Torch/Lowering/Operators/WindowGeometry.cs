namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Attributes of a sliding window over the spatial axes, shared by convolution and pooling.</summary>
internal sealed record WindowGeometry(long[] Kernel, long[] Strides, long[] Dilations, long[] Pads)
{
    private const int MostSteps = 1 << 24;

    internal int Axes => Kernel.Length;

    /// <summary>Pads are equal at both ends of each axis, so that torch can apply them itself.</summary>
    internal bool IsSymmetric => Enumerable.Range(0, Axes).All(i => Pads[i] == Pads[Axes + i]);

    internal long[] Begin => Pads[..Axes];

    /// <summary>A window of one axis as one of two, the first of size 1.</summary>
    internal WindowGeometry Flat() => new([1, .. Kernel], [1, .. Strides], [1, .. Dilations], [0, Pads[0], 0, Pads[1]]);

    /// <summary>Reads strides, dilations, pads and auto_pad for a window of <paramref name="kernel"/> over <paramref name="spatial"/> sizes.</summary>
    internal static WindowGeometry Of(LoweringCall c, long[] kernel, ReadOnlySpan<long> spatial)
    {
        int n = kernel.Length;
        if (n != spatial.Length) throw c.Fail($"a window of {n} axes over {spatial.Length} axes");
        long[] Ones() => [.. Enumerable.Repeat(1L, n)];
        long[] strides = [.. c.Node.Ints("strides") ?? Ones()], dilations = [.. c.Node.Ints("dilations") ?? Ones()];
        long[] pads = [.. c.Node.Ints("pads") ?? new long[2 * n]];
        // torch divides by some of these: a 0 ends the process. Groups are checked here too, for every window that has them.
        if (strides.Length != n || dilations.Length != n || pads.Length != 2 * n) throw c.Fail($"strides, dilations or pads do not fit {n} axes");
        if (strides.Concat(dilations).Concat(kernel).Append(c.Node.Int("group", 1)).Any(s => s is < 1 or > MostSteps) || pads.Any(p => Math.Abs((double)p) > MostSteps))
            throw c.Fail("a stride, dilation, pad, group or kernel size that no window has");
        string auto = c.Node.String("auto_pad", "NOTSET")!;
        if (auto == "VALID") pads = new long[2 * n];
        if (auto is "SAME_UPPER" or "SAME_LOWER")
        {
            for (int i = 0; i < n; i++)
            {
                long windows = (spatial[i] + strides[i] - 1) / strides[i];
                long total = Math.Max(0, (windows - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - spatial[i]);
                long small = total / 2;
                (pads[i], pads[n + i]) = auto == "SAME_UPPER" ? (small, total - small) : (total - small, small);
            }
        }
        return new(kernel, strides, dilations, pads);
    }
}
