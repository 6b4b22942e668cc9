namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of operators between floats and quantised integers.</summary>
internal static class QuantizeRules
{
    public static void Quantize(NodeContext c) =>
        c.Set(0, c.Has(2) ? c.Type(2) : c.Node.Int("output_dtype", 0) is var given and > 0 ? (ElementType)given : ElementType.UInt8, c.Shape(0));

    public static void Dequantize(NodeContext c) => c.Set(0, c.Type(1), c.Shape(0));

    public static void DynamicQuantize(NodeContext c)
    {
        c.Set(0, ElementType.UInt8, c.Shape(0));
        c.Set(1, ElementType.Float32);
        c.Set(2, ElementType.UInt8);
    }

    public static void MatMulInteger(NodeContext c) => c.Set(0, ElementType.Int32, ProductRules.MatMulShape(c, c.Shape(0), c.Shape(1)));

    /// <summary>a, its scale and zero point, b, its scale and zero point, those of the result.</summary>
    public static void QLinearMatMul(NodeContext c) => c.Set(0, c.Type(7), ProductRules.MatMulShape(c, c.Shape(0), c.Shape(3)));

    public static void ConvInteger(NodeContext c) => c.Set(0, ElementType.Int32, WindowRules.ConvShape(c, c.Shape(0), c.Shape(1)));

    /// <summary>x, its scale and zero point, w, its scale and zero point, those of the result, bias.</summary>
    public static void QLinearConv(NodeContext c) => c.Set(0, c.Type(7), WindowRules.ConvShape(c, c.Shape(0), c.Shape(3)));
}
