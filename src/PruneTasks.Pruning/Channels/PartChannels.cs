namespace PruneTasks.Pruning;

/// <summary>Operators that take parts of an axis, put parts together, or repeat them. <see cref="ChannelPatches"/> rewrites their bounds, sizes and indices.</summary>
internal static class PartChannels
{
    private const string Bounds = "its bounds", Positions = "its positions";

    public static void Slice(ChannelContext c)
    {
        for (int i = 1; i < c.Node.Inputs.Count; i++) c.HoldInput(i, RefusalReason.Layout, Bounds);
        AxisRange[] x = c.In(0), y = c.Out();
        long[] axes = c.IntsOrInput("axes", 3) ?? [.. Enumerable.Range(0, checked((int)Count(c))).Select(i => (long)i)];
        long[]? steps = c.Integers(4);
        HashSet<int> cut = [];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = c.Axis(axes[i], x.Length);
            if (!cut.Add(axis)) throw c.Refuse(RefusalReason.Layout, "an axis is given twice");
            if (!x[axis].IsFollowed && !y[axis].IsFollowed) continue;
            if (steps is not null && steps[i] != 1)
            {
                c.Hold([x[axis], y[axis]], RefusalReason.Layout, "a step other than 1");
                continue;
            }
            if (Element(c, "starts", 1, i) is not { } start || Element(c, "ends", 2, i) is not { } end)
            {
                c.Hold([x[axis], y[axis]], RefusalReason.Layout, "bounds that are not known before the model runs");
                continue;
            }
            (int from, int to) = Range(start, end, x[axis].Size);
            if (!x[axis].IsFollowed || to - from != y[axis].Size) c.Hold([x[axis], y[axis]], RefusalReason.UnknownShape, "sizes that vary");
            else c.Same(x[axis], from, y[axis], 0, to - from);
        }
        for (int i = 0; i < x.Length; i++)
            if (!cut.Contains(i)) c.Same(x[i], y[i]);
    }

    /// <summary>First coordinate, and the one after the last, of a Slice with step 1.</summary>
    public static (int From, int To) Range(long start, long end, int size)
    {
        int from = (int)Math.Clamp(start < 0 ? start + size : start, 0, size);
        return (from, (int)Math.Clamp(end < 0 ? end + size : end, from, size));
    }

    public static void Split(ChannelContext c)
    {
        c.HoldInput(1, RefusalReason.Layout, "sizes");
        AxisRange[] x = c.In(0);
        int axis = c.Axis(c.Node.Int("axis", 0), x.Length), at = 0;
        for (int o = 0; o < c.Node.Outputs.Count; o++)
        {
            AxisRange[] y = c.Out(o);
            for (int i = 0; i < x.Length; i++)
                if (i != axis) c.Same(x[i], y[i]);
            if (at < 0 || y[axis].Size == 0 || at + y[axis].Size > x[axis].Size)
            {
                at = -1;
                c.Hold([x[axis], y[axis]], RefusalReason.UnknownShape, "parts whose size varies");
                continue;
            }
            c.Same(x[axis], at, y[axis], 0, y[axis].Size);
            at += y[axis].Size;
        }
    }

    public static void Concat(ChannelContext c)
    {
        AxisRange[] y = c.Out();
        int axis = c.Axis(c.Node.Int("axis", 1), y.Length), at = 0;
        for (int n = 0; n < c.Node.Inputs.Count; n++)
        {
            AxisRange[] x = c.In(n);
            if (x.Length != y.Length) throw c.Refuse(RefusalReason.Layout, "an operand has another number of axes");
            for (int i = 0; i < x.Length; i++)
                if (i != axis) c.Same(x[i], y[i]);
            if (at < 0 || x[axis].Size == 0 || at + x[axis].Size > y[axis].Size)
            {
                at = -1;
                c.Hold([x[axis], y[axis]], RefusalReason.UnknownShape, "parts whose size varies");
                continue;
            }
            c.Same(x[axis], 0, y[axis], at, x[axis].Size);
            at += x[axis].Size;
        }
    }

    public static void Gather(ChannelContext c)
    {
        AxisRange[] x = c.In(0), indices = c.In(1), y = c.Out();
        int axis = c.Axis(c.Node.Int("axis", 0), x.Length);
        if (y.Length != x.Length + indices.Length - 1) throw c.Refuse(RefusalReason.Layout, "its result has another number of axes");
        c.Same(x[..axis], y[..axis]);
        c.Same(x[(axis + 1)..], y[(axis + indices.Length)..]);
        if (c.Axes.Invariants.ContentOf(c.Node.Inputs[1]!) is not { } content || indices.Length > 1)
        {
            // A table that is looked up (an embedding): its rows stay, its columns are channels.
            c.Hold(x[axis], RefusalReason.Layout, Positions);
            c.Same(indices, y[axis..(axis + indices.Length)]);
            c.Hold(indices, RefusalReason.Layout, Positions);
            return;
        }
        c.HoldInput(1, RefusalReason.Layout, Positions);
        long[] picked = [.. content.ToInt64s().Select(i => i < 0 ? i + x[axis].Size : i)];
        if (!x[axis].IsFollowed || picked.Any(i => i < 0 || i >= x[axis].Size))
        {
            c.Hold(y[axis..(axis + indices.Length)], RefusalReason.UnknownShape, "an axis whose size varies");
            return;
        }
        if (indices.Length == 0) c.Hold(new AxisRange(x[axis].Start + (int)picked[0], 1), RefusalReason.Layout, "one position is picked");
        else for (int i = 0; i < picked.Length; i++) c.Same(x[axis], (int)picked[i], y[axis], i, 1);
    }

    /// <summary>Expand repeats axes of 1; Tile repeats any. What an axis of 1 becomes is free: the target follows.</summary>
    public static void Expand(ChannelContext c)
    {
        c.HoldInput(1, RefusalReason.Layout, "sizes");
        AxisRange[] x = c.In(0), y = c.Out();
        if (c.Node.OpType == "Expand")
        {
            c.Broadcast(x, y);
            return;
        }
        if (c.Node.OpType != "Tile" || x.Length != y.Length) throw c.Refuse(RefusalReason.Layout, "it changes the number of axes");
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i].Size == y[i].Size) c.Same(x[i], y[i]);
            else if (x[i].IsFollowed && y[i].IsFollowed)
                for (int j = 0; j < y[i].Size; j += x[i].Size) c.Same(x[i], 0, y[i], j, x[i].Size);
            else c.Hold([x[i], y[i]], RefusalReason.UnknownShape, "an axis of 1, or of a size that varies, is repeated");
        }
    }

    private static long Count(ChannelContext c) =>
        c.Node.Ints("starts") is { } starts ? starts.Count
        : c.Has(1) && c.Axes.Invariants.ElementCount(c.Node.Inputs[1]!) is { } count ? count
        : throw c.Refuse(RefusalReason.Layout, "its axes are not known before the model runs");

    private static long? Element(ChannelContext c, string attribute, int input, int index) =>
        c.Node.Ints(attribute) is { } ints ? index < ints.Count ? ints[index] : null : c.Has(input) ? c.Axes.Invariants.ElementOf(c.Node.Inputs[input]!, index) : null;
}
