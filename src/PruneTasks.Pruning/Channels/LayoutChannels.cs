namespace PruneTasks.Pruning;

/// <summary>Operators that rearrange axes.</summary>
internal static class LayoutChannels
{
    public static void Transpose(ChannelContext c)
    {
        AxisRange[] x = c.In(0), y = c.Out();
        int[] perm = c.Node.Ints("perm") is { } given ? [.. given.Select(a => c.Axis(a, x.Length))] : [.. Enumerable.Range(0, x.Length).Reverse()];
        c.Same([.. perm.Select(p => x[p])], y);
    }

    /// <summary>
    /// Reshape, Flatten, Squeeze, Unsqueeze: what becomes of each axis follows from the sizes alone. The elements keep their order, so
    /// axes are joined and split at common multiples; <see cref="AxisJoins"/> decides later which part of a joined axis carries the units.
    /// </summary>
    public static void Reshape(ChannelContext c)
    {
        for (int i = 1; i < c.Node.Inputs.Count; i++) c.HoldInput(i, RefusalReason.Layout, "sizes");
        if (c.Node.OpType == "Reshape" && !c.Has(1)) throw c.Refuse(RefusalReason.Layout, "it has no target");
        AxisRange[] x = c.In(0), y = c.Out();
        if (ReshapeBlocks.Of(c.Node.Inputs[0]!, c.Node.Outputs[0], c.Axes.Invariants) is not { } blocks)
            throw c.Refuse(RefusalReason.Layout, "which axes it joins depends on sizes that vary");
        foreach (ReshapeBlock block in blocks)
        {
            if (block.Factors is null) c.Hold([.. block.From.Select(a => x[a.Axis]), .. block.To.Select(a => y[a.Axis])], RefusalReason.Layout, "the axis is cut where the other is not");
            else if (block is { From: [var from], To: [var to] }) c.Same(x[from.Axis], y[to.Axis]);
            else Join(c, block, x, y);
        }
    }

    private static void Join(ChannelContext c, ReshapeBlock block, AxisRange[] x, AxisRange[] y)
    {
        // A factor that is an axis by itself, on either side, is that axis; else it is an axis of no value.
        var factors = new AxisRange?[block.Factors!.Count];
        foreach ((ReshapeAxis axis, AxisRange range) in block.From.Select(a => (a, x[a.Axis])).Concat(block.To.Select(a => (a, y[a.Axis]))))
        {
            if (axis.Count != 1) continue;
            if (factors[axis.First] is { } other) c.Same(other, range);
            else factors[axis.First] = range;
        }
        for (int i = 0; i < factors.Length; i++) factors[i] ??= c.Axes.Follow(block.Factors[i]);
        foreach ((ReshapeAxis axis, AxisRange range) in block.From.Select(a => (a, x[a.Axis])).Concat(block.To.Select(a => (a, y[a.Axis]))))
        {
            if (axis.Count > 1) c.Axes.Joins.Add(new JoinedAxis(range, [.. factors[axis.First..(axis.First + axis.Count)].Select(f => f!.Value)], c.Node));
        }
    }
}
