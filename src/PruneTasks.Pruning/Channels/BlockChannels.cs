using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Operators that work on positions and let channels pass.</summary>
internal static class BlockChannels
{
    private const string Positions = "positions, not channels";

    /// <summary>Windows, or all positions: axes from the third on.</summary>
    public static void Pool(ChannelContext c)
    {
        if (c.Node.OpType is not ("MaxPool" or "AveragePool" or "LpPool" or "GlobalAveragePool" or "GlobalMaxPool" or "GlobalLpPool"))
            throw c.Refuse(RefusalReason.Barrier, "removal is not known to pass through it");
        // The indices of MaxPool count through all channels.
        if (c.IsUsed(1)) throw c.Refuse(RefusalReason.Barrier, "its indices are read");
        AxisRange[] x = c.In(0), y = c.Out();
        if (x.Length < 3 || x.Length != y.Length) throw c.Refuse(RefusalReason.Layout, "its result has another number of axes");
        c.Same(x[..2], y[..2]);
        c.Hold([.. x[2..], .. y[2..]], RefusalReason.Layout, Positions);
    }

    /// <summary>Axes with a factor of exactly 1 pass.</summary>
    public static void Resize(ChannelContext c)
    {
        for (int i = 1; i < c.Node.Inputs.Count; i++) c.HoldInput(i, RefusalReason.Layout, "sizes");
        AxisRange[] x = c.In(0), y = c.Out();
        if (x.Length != y.Length || c.Node.String("coordinate_transformation_mode") == "tf_crop_and_resize") throw c.Refuse(RefusalReason.Layout, "it crops");
        bool old = c.Opset < 11 || c.Node.OpType == "Upsample";
        int scales = old ? 1 : 2;
        bool bySizes = !old && c.Has(3) && c.Axes.Invariants.ElementCount(c.Node.Inputs[3]!) != 0;
        int[] axes = c.Node.Ints("axes") is { } given ? [.. given.Select(a => c.Axis(a, x.Length))] : [.. Enumerable.Range(0, x.Length)];
        float[]? factors = bySizes ? null
            : c.Node.Attributes.TryGetValue("scales", out AttributeData? a) && a.Floats is { } floats ? [.. floats]
            : c.Has(scales) ? c.Axes.Invariants.ContentOf(c.Node.Inputs[scales]!)?.ToFloats() : null;
        for (int i = 0; i < x.Length; i++)
        {
            int at = Array.IndexOf(axes, i);
            bool same = at < 0 || (bySizes ? x[i].Size > 0 && x[i].Size == y[i].Size : factors is not null && at < factors.Length && factors[at] == 1);
            if (same) c.Same(x[i], y[i]);
            else c.Hold([x[i], y[i]], RefusalReason.Layout, Positions);
        }
    }

    /// <summary>Axes that get nothing pass.</summary>
    public static void Pad(ChannelContext c)
    {
        for (int i = 1; i < c.Node.Inputs.Count; i++) c.HoldInput(i, RefusalReason.Layout, "sizes");
        AxisRange[] x = c.In(0), y = c.Out();
        if (x.Length != y.Length) throw c.Refuse(RefusalReason.Layout, "its result has another number of axes");
        int[] axes = c.Integers(3) is { } given ? [.. given.Select(a => c.Axis(a, x.Length))] : [.. Enumerable.Range(0, x.Length)];
        for (int i = 0; i < x.Length; i++)
        {
            int at = Array.IndexOf(axes, i);
            if (at < 0 || (Element(c, at) == 0 && Element(c, at + axes.Length) == 0)) c.Same(x[i], y[i]);
            else c.Hold([x[i], y[i]], RefusalReason.Layout, Positions);
        }
    }

    private static long? Element(ChannelContext c, int index) =>
        (c.Node.Ints("pads") ?? c.Node.Ints("paddings")) is { } pads ? index < pads.Count ? pads[index] : null
        : c.Has(1) ? c.Axes.Invariants.ElementOf(c.Node.Inputs[1]!, index) : null;

    public static void Apply(ChannelContext c)
    {
        AxisRange[] x = c.In(0), y = c.Out();
        if (x.Length != y.Length) throw c.Refuse(RefusalReason.Layout, "its result has another number of axes");
        switch (c.Node.OpType)
        {
            case "DepthToSpace" when x.Length == 4:
                c.Same(x[0], y[0]);
                // A channel of the result comes from blocksize² channels: blocksize² · C of them in order (DCR), or C · blocksize² (CRD).
                Blocks(c, x[1], y[1], c.Node.String("mode", "DCR") == "CRD");
                break;
            case "SpaceToDepth" when x.Length == 4:
                c.Same(x[0], y[0]);
                Blocks(c, y[1], x[1], inner: false);
                break;
            case "CumSum":
                c.HoldInput(1, RefusalReason.Layout, Positions);
                c.Same(x, y);
                c.Hold(x[c.Axis(c.Integers(1)![0], x.Length)], RefusalReason.NormalizedAxis, "it sums up along the axis");
                break;
            case "Trilu":
                c.HoldInput(1, RefusalReason.Layout, Positions);
                c.Same(x, y);
                c.Hold(x[^2..], RefusalReason.Layout, Positions);
                break;
            case "TopK":
                c.HoldInput(1, RefusalReason.Layout, "a count");
                int axis = c.Axis(c.Node.Int("axis", -1), x.Length);
                for (int o = 0; o < c.Node.Outputs.Count; o++)
                {
                    for (int i = 0; i < x.Length; i++)
                        if (i != axis) c.Same(x[i], c.Out(o)[i]);
                    c.Hold([x[axis], c.Out(o)[axis]], RefusalReason.NormalizedAxis, "it chooses among the coordinates");
                }
                break;
            default:
                throw c.Refuse(RefusalReason.Layout, "it has no two axes of positions");
        }
    }

    private static void Blocks(ChannelContext c, AxisRange many, AxisRange few, bool inner)
    {
        c.Hold([.. c.In(0)[2..], .. c.Out()[2..]], RefusalReason.Layout, Positions);
        if (few.Size == 0 || many.Size % few.Size != 0) throw c.Refuse(RefusalReason.UnknownShape, "its channels do not fit");
        int each = many.Size / few.Size;
        for (int i = 0; i < many.Size; i++) c.Same(many, i, few, inner ? i / each : i % few.Size, 1);
    }
}
