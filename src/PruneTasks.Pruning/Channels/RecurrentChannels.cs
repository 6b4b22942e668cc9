namespace PruneTasks.Pruning;

/// <summary>
/// LSTM, GRU, RNN (ai.onnx): W [directions, gates · hidden, input], R [directions, gates · hidden, hidden], B [directions, 2 · gates · hidden], initial states
/// [directions, batch, hidden], peepholes P [directions, 3 · hidden]. A hidden unit has a row in every gate, and a column of R; "hidden_size" follows.
/// </summary>
internal static class RecurrentChannels
{
    public static void Apply(ChannelContext c)
    {
        int gates = c.Node.OpType switch { "LSTM" => 4, "GRU" => 3, _ => 1 };
        int hidden = checked((int)c.Node.Int("hidden_size", 0));
        bool batchFirst = c.Node.Int("layout", 0) != 0;
        if (!c.IsWeight(1) || !c.IsWeight(2) || (c.Has(3) && !c.IsWeight(3)) || (c.Has(7) && !c.IsWeight(7))) throw c.Refuse(RefusalReason.WeightNotConstant, "a weight is not a constant");
        AxisRange[] x = c.In(0), w = c.In(1), r = c.In(2);
        if (hidden == 0) hidden = r[2].Size;
        if (x.Length != 3 || w.Length != 3 || r.Length != 3 || r[2].Size != hidden || r[1].Size != gates * hidden || w[1].Size != gates * hidden)
            throw c.Refuse(RefusalReason.Layout, "its weights do not fit together");
        AxisRange unit = r[2];
        Rows(c, w[1], unit, gates, hidden);
        Rows(c, r[1], unit, gates, hidden);
        if (c.Has(3)) Rows(c, c.In(3)[1], unit, 2 * gates, hidden);
        if (c.Has(7)) Rows(c, c.In(7)[1], unit, 3, hidden);
        c.Hold([w[0], r[0], x[0], x[1]], RefusalReason.Layout, "steps, samples and directions");
        c.HoldInput(4, RefusalReason.Layout, "lengths");
        for (int i = 5; i <= 6; i++)
        {
            if (!c.Has(i)) continue;
            AxisRange[] state = c.In(i);
            c.Hold(state[..^1], RefusalReason.Layout, "samples and directions");
            c.Same(state[^1], unit);
        }
        c.Same(w[2], x[2]);
        for (int o = 0; o < c.Node.Outputs.Count; o++)
        {
            if (!c.IsUsed(o)) continue;
            AxisRange[] y = c.Out(o);
            c.Hold(y[..^1], RefusalReason.Layout, batchFirst ? "samples, steps and directions" : "steps, samples and directions");
            c.Same(y[^1], unit);
        }
        c.End(1, 2, sumsOver: true);
        c.End(2, 2, sumsOver: true);
        c.End(1, 1, sumsOver: false);
        c.End(2, 1, sumsOver: false);
    }

    private static void Rows(ChannelContext c, AxisRange rows, AxisRange unit, int gates, int hidden)
    {
        if (rows.Size != gates * hidden) throw c.Refuse(RefusalReason.Layout, "its weights do not fit together");
        for (int g = 0; g < gates; g++) c.Same(rows, g * hidden, unit, 0, hidden);
    }
}
