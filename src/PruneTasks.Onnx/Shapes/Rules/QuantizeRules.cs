namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of operators between floats and quantised integers.</summary>
internal static class QuantizeRules
{
    public static void Quantize(NodeContext c) =>
        c.Set(0, c.Has(2) ? c.Type(2) : (ElementType)c.Node.Int("output_dtype", (long)ElementType.UInt8), c.Shape(0));

    public static void Dequantize(NodeContext c) => c.Set(0, c.Type(1), c.Shape(0));

    public static void DynamicQuantize(NodeContext c)
    {
        c.Set(0, ElementType.UInt8, c.Shape(0));
        c.Set(1, ElementType.Float32);
        c.Set(2, ElementType.UInt8);
    }
}
