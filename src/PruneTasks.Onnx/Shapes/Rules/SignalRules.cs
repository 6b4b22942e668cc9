namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of transforms, windows and filter banks.</summary>
internal static class SignalRules
{
    /// <summary>The axis is an attribute in opset 17, an input since 20; the last axis holds real and imaginary part.</summary>
    public static void Dft(NodeContext c)
    {
        long[] x = c.Shape(0);
        int axis = c.Axis(c.Opset < 20 ? c.Node.Int("axis", 1) : c.Has(2) ? c.Integers(2)[0] : -2, x.Length);
        if (axis == x.Length - 1) throw c.Inconsistent("a transform along the parts of complex numbers");
        long length = c.Has(1) ? c.Integers(1)[0] : x[axis];
        x[axis] = c.Node.Int("onesided", 0) != 0 ? (length / 2) + 1 : length;
        x[^1] = 2;
        c.Set(0, c.Type(0), x);
    }

    /// <summary>[batch, samples, 1 or 2] to [batch, frames, frequencies, 2].</summary>
    public static void Stft(NodeContext c)
    {
        long[] x = c.Shape(0);
        long step = c.Integers(1)[0], length = c.Has(3) ? c.Integers(3)[0] : c.Has(2) ? c.Shape(2)[0] : throw c.Inconsistent("neither window nor frame length");
        if (x.Length is not (2 or 3) || step < 1 || length < 1 || length > x[1]) throw c.Inconsistent("frames do not fit the signal");
        c.Set(0, c.Type(0), x[0], ((x[1] - length) / step) + 1, c.Node.Int("onesided", 1) != 0 ? (length / 2) + 1 : length, 2);
    }

    public static void Window(NodeContext c) => c.Set(0, (ElementType)c.Node.Int("output_datatype", (long)ElementType.Float32), c.Integers(0)[0]);

    public static void MelWeightMatrix(NodeContext c) =>
        c.Set(0, (ElementType)c.Node.Int("output_datatype", (long)ElementType.Float32), (c.Integers(1)[0] / 2) + 1, c.Integers(0)[0]);

    /// <summary>Counts of n-grams: one more than the largest of "ngram_indexes".</summary>
    public static void TfIdf(NodeContext c)
    {
        long[] x = c.Shape(0);
        long width = c.Node.Ints("ngram_indexes") is { Count: > 0 } i ? i.Max() + 1 : throw c.Inconsistent("no ngram_indexes");
        if (x.Length is not (1 or 2)) throw c.Inconsistent("one or two axes are needed");
        c.Set(0, ElementType.Float32, [.. x[..^1], width]);
    }

    /// <summary>One boolean.</summary>
    public static void Truth(NodeContext c) => c.Set(0, ElementType.Bool);
}
