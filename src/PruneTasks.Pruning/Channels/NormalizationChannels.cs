namespace PruneTasks.Pruning;

/// <summary>Operators that sum up over some axes: those stay, the others pass and take scales and shifts along.</summary>
internal static class NormalizationChannels
{
    private const string Over = "it sums up over the axis, so the others would be divided by something else";

    public static void Softmax(ChannelContext c)
    {
        AxisRange[] x = c.In(0);
        c.Same(x, c.Out());
        // Up to opset 12 all axes from the given one on are one (ai.onnx Softmax-11).
        bool flattened = c.Opset < 13;
        int axis = c.Axis(c.Node.Int("axis", flattened ? 1 : -1), x.Length);
        c.Hold(flattened ? x[axis..] : [x[axis]], RefusalReason.NormalizedAxis, Over);
    }

    public static void Apply(ChannelContext c)
    {
        for (int i = 1; i < c.Node.Outputs.Count; i++)
            if (c.IsUsed(i)) throw c.Refuse(RefusalReason.NormalizedAxis, "its means and deviations are read");
        AxisRange[] x = c.In(0);
        c.Same(x, c.Out());
        switch (c.Node.OpType)
        {
            case "BatchNormalization":
                if (c.Node.Int("training_mode", 0) != 0) throw c.Refuse(RefusalReason.NormalizedAxis, "it is in training mode");
                Parameters(c, x[1], 1, 2, 3, 4);
                break;
            case "InstanceNormalization":
                Parameters(c, x[1], 1, 2);
                c.Hold(x[2..], RefusalReason.NormalizedAxis, Over);
                break;
            case "GroupNormalization":
                Group(c, x);
                break;
            case "LayerNormalization" or "SimplifiedLayerNormalization" or "RMSNormalization":
                int axis = c.Axis(c.Node.Int("axis", -1), x.Length);
                for (int i = 1; i < c.Node.Inputs.Count; i++)
                    if (c.Has(i)) c.Broadcast(c.In(i), x);
                c.Hold(x[axis..], RefusalReason.NormalizedAxis, Over);
                break;
            case "LpNormalization":
                c.Hold(x[c.Axis(c.Node.Int("axis", -1), x.Length)], RefusalReason.NormalizedAxis, Over);
                break;
            case "MeanVarianceNormalization":
                IReadOnlyList<long> axes = c.Node.Ints("axes") ?? [0, 2, 3];
                foreach (long a in axes) c.Hold(x[c.Axis(a, x.Length)], RefusalReason.NormalizedAxis, Over);
                break;
            case "LRN":
                c.Hold(x[1], RefusalReason.NormalizedAxis, Over);
                break;
            default:
                throw c.Refuse(RefusalReason.Barrier, "removal is not known to pass through it");
        }
    }

    /// <summary>Reductions; axes are an attribute or, since opset 13 or 18, an input. All axes when left out, unless "noop_with_empty_axes".</summary>
    public static void Reduce(ChannelContext c)
    {
        AxisRange[] x = c.In(0), y = c.Out();
        bool arg = c.Node.OpType is "ArgMax" or "ArgMin";
        long[]? given = arg ? [c.Node.Int("axis", 0)] : c.IntsOrInput("axes", 1);
        if (given is null or [] && c.Node.Int("noop_with_empty_axes", 0) != 0)
        {
            c.Same(x, y);
            return;
        }
        HashSet<int> reduced = given is null or [] ? [.. Enumerable.Range(0, x.Length)] : [.. given.Select(a => c.Axis(a, x.Length))];
        bool keep = c.Node.Int("keepdims", 1) != 0;
        if (y.Length != (keep ? x.Length : x.Length - reduced.Count)) throw c.Refuse(RefusalReason.Layout, "its result has another number of axes");
        for (int i = 0, j = 0; i < x.Length; i++)
        {
            if (reduced.Contains(i)) c.Hold(x[i], RefusalReason.NormalizedAxis, Over);
            else c.Same(x[i], y[keep ? i : j]);
            if (!reduced.Contains(i)) j++;
        }
    }

    private static void Parameters(ChannelContext c, AxisRange channels, params int[] inputs)
    {
        foreach (int i in inputs)
        {
            if (c.In(i) is not [var axis]) throw c.Refuse(RefusalReason.Layout, "a parameter is no vector");
            c.Same(axis, channels);
        }
    }

    /// <summary>Channels of a group share mean and deviation, so only whole groups can go; the number of groups follows.</summary>
    private static void Group(ChannelContext c, AxisRange[] x)
    {
        int groups = checked((int)c.Node.Int("num_groups", 1));
        c.Hold(x[2..], RefusalReason.NormalizedAxis, Over);
        if (groups < 2 || x[1].Size % groups != 0)
        {
            for (int i = 1; i <= 2; i++) c.HoldInput(i, RefusalReason.NormalizedAxis, Over);
            c.Hold(x[1], RefusalReason.NormalizedAxis, Over);
            return;
        }
        int each = x[1].Size / groups;
        for (int g = 0; g < groups; g++)
            for (int i = 1; i < each; i++) c.Same(x[1], g * each, x[1], (g * each) + i, 1);
        for (int p = 1; p <= 2; p++)
        {
            // One entry for each group up to opset 20, one for each channel since.
            AxisRange parameter = c.In(p)[0];
            if (parameter.Size == x[1].Size) c.Same(parameter, x[1]);
            else if (parameter.Size == groups)
                for (int g = 0; g < groups; g++) c.Same(parameter, g, x[1], g * each, 1);
            else throw c.Refuse(RefusalReason.Layout, "a parameter fits neither groups nor channels");
        }
    }
}
