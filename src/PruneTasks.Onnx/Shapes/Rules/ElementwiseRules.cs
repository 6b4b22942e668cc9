namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of operators that work element by element.</summary>
internal static class ElementwiseRules
{
    /// <summary>As the first input.</summary>
    public static void Same(NodeContext c) => c.Set(0, c.Type(0), c.Shape(0));

    /// <summary>As the first input, but boolean (IsNaN, IsInf).</summary>
    public static void SameBool(NodeContext c) => c.Set(0, ElementType.Bool, c.Shape(0));

    /// <summary>As the first input, plus a mask (Dropout).</summary>
    public static void Dropout(NodeContext c)
    {
        Same(c);
        c.Set(1, c.Opset >= 10 ? ElementType.Bool : c.Type(0), c.Shape(0));
    }

    /// <summary>As the first input, with the type of the attribute "to" (Cast; a name before opset 6).</summary>
    public static void Cast(NodeContext c)
    {
        var type = (ElementType)c.Node.Int("to", 0);
        if (type == ElementType.Undefined && c.Node.String("to") is { } name && !Enum.TryParse(name.Replace("FLOAT", "FLOAT32", StringComparison.Ordinal), true, out type))
            type = ElementType.Undefined;
        c.Set(0, type, c.Shape(0));
    }

    /// <summary>As the first input, with the type of the second (CastLike).</summary>
    public static void CastLike(NodeContext c) => c.Set(0, c.Type(1), c.Shape(0));

    /// <summary>All inputs broadcast.</summary>
    public static void Broadcast(NodeContext c) => c.Set(0, c.Type(0), BroadcastShape(c, 0));

    /// <summary>All inputs broadcast to a boolean tensor.</summary>
    public static void Compare(NodeContext c) => c.Set(0, ElementType.Bool, BroadcastShape(c, 0));

    /// <summary>Condition and both choices broadcast.</summary>
    public static void Where(NodeContext c) => c.Set(0, c.Type(1), BroadcastShape(c, 0));

    private static long[] BroadcastShape(NodeContext c, int first)
    {
        long[] shape = c.Shape(first);
        // Before opset 7 the second operand was stretched to the first by the attributes "broadcast" and "axis".
        if (c.Opset < 7 && c.Node.Domain.Length == 0) return shape;
        for (int i = first + 1; i < c.InputCount; i++) shape = Dims.Broadcast(shape, c.Shape(i));
        return shape;
    }
}
