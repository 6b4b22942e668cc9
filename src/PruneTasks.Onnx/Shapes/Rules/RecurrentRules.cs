namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of LSTM, GRU and RNN.</summary>
internal static class RecurrentRules
{
    public static void Recurrent(NodeContext c)
    {
        long[] x = c.Shape(0), recurrence = c.Shape(2);
        if (x.Length != 3 || recurrence.Length != 3) throw c.Inconsistent("a recurrent layer needs three axes");
        long directions = recurrence[0], hidden = recurrence[2];
        // layout 1 (since opset 14) puts the batch in front.
        bool batchFirst = c.Node.Int("layout", 0) != 0;
        long steps = x[batchFirst ? 1 : 0], batch = x[batchFirst ? 0 : 1];
        long[] state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
        c.Set(0, c.Type(0), batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]);
        c.Set(1, c.Type(0), state);
        c.Set(2, c.Type(0), state);
    }
}
