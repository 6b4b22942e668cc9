using System.Buffers.Binary;

namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of operators that make tensors from constants and sizes.</summary>
internal static class SourceRules
{
    public static void Constant(NodeContext c)
    {
        if (c.Node.Outputs[0].Constant is not { } constant) throw new UnknownShapeException(UnknownShape.NoRule, "a sparse or unreadable constant");
        c.Set(0, constant.Type, [.. constant.Shape]);
    }

    /// <summary>Sizes of the input; "start" and "end" since opset 15.</summary>
    public static void Shape(NodeContext c)
    {
        long[] x = c.Shape(0);
        int start = Bound(c.Node.Int("start", 0), x.Length), end = Bound(c.Node.Int("end", x.Length), x.Length);
        long[] sizes = start < end ? x[start..end] : [];
        c.Set(0, ElementType.Int64, sizes.Length);
        c.SetContent(0, TensorData.Vector(sizes));
    }

    private static int Bound(long at, int rank) => (int)Math.Clamp(at < 0 ? at + rank : at, 0, rank);

    public static void Size(NodeContext c)
    {
        c.Set(0, ElementType.Int64);
        c.SetContent(0, TensorData.Of([], Dims.Count(c.Shape(0))));
    }

    public static void ConstantOfShape(NodeContext c) =>
        c.Set(0, c.Node.Attributes.TryGetValue("value", out AttributeData? a) && a.Tensor is { } t ? t.Type : ElementType.Float32, c.Integers(0));

    public static void ConstantOfShapeContent(NodeContext c)
    {
        TensorData value = c.Node.Attributes.TryGetValue("value", out AttributeData? a) && a.Tensor is { Count: 1 } t ? t : TensorData.Of([1], 0f);
        c.SetContent(0, Moves.Pick(value, c.OutputShape(0), _ => 0));
    }

    public static void Range(NodeContext c)
    {
        double start = Scalar(c, 0), limit = Scalar(c, 1), delta = Scalar(c, 2);
        if (delta == 0) throw c.Inconsistent("a step of 0");
        double count = Math.Max(0, Math.Ceiling((limit - start) / delta));
        if (!(count <= int.MaxValue)) throw c.Inconsistent($"{count} elements");
        c.Set(0, c.Type(0), (long)count);
    }

    public static void RangeContent(NodeContext c)
    {
        double start = Scalar(c, 0), delta = Scalar(c, 2);
        c.SetContent(0, Numbers.Write(c.OutputType(0), c.OutputShape(0), i => start + (i * delta)));
    }

    private static double Scalar(NodeContext c, int input) =>
        c.Content(input) is { Count: 1 } content ? Numbers.Read(content).At(0) : throw new UnknownShapeException(UnknownShape.DataDependent, "the bounds of Range are not known");

    public static void EyeLike(NodeContext c)
    {
        var type = (ElementType)c.Node.Int("dtype", (long)c.Type(0));
        c.Set(0, type, c.Shape(0));
    }

    /// <summary>Attribute "shape" (RandomNormal, RandomUniform).</summary>
    public static void Random(NodeContext c) =>
        c.Set(0, (ElementType)c.Node.Int("dtype", (long)ElementType.Float32), c.Node.Ints("shape") is { } s ? [.. s] : throw c.Inconsistent("no shape"));

    /// <summary>[batch, classes] to [batch, samples].</summary>
    public static void Multinomial(NodeContext c) =>
        c.Set(0, (ElementType)c.Node.Int("dtype", (long)ElementType.Int32), c.Shape(0)[0], c.Node.Int("sample_size", 1));

    /// <summary>Positions of the elements that are not zero: the shape itself depends on the elements.</summary>
    public static void NonZero(NodeContext c)
    {
        if (c.Content(0) is not { } content || content.Count > ShapeInference.ContentLimit)
            throw new UnknownShapeException(UnknownShape.DataDependent, "the number of non-zero elements is not known");
        Numbers x = Numbers.Read(content);
        long[] strides = Dims.Strides(content.Shape);
        int[] hits = [.. Enumerable.Range(0, (int)content.Count).Where(i => x.At(i) != 0)];
        var bytes = new byte[8 * hits.Length * content.Shape.Count];
        for (int axis = 0, at = 0; axis < content.Shape.Count; axis++)
        {
            foreach (int hit in hits)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), hit / strides[axis] % content.Shape[axis]);
                at += 8;
            }
        }
        c.Set(0, ElementType.Int64, content.Shape.Count, hits.Length);
        c.SetContent(0, new TensorData(ElementType.Int64, [content.Shape.Count, hits.Length], bytes));
    }
}
