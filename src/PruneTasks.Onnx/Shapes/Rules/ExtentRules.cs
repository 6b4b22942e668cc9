namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of operators that give axes another extent.</summary>
internal static class ExtentRules
{
    public static void CenterCropPad(NodeContext c)
    {
        long[] x = c.Shape(0), target = c.Integers(1);
        long[] axes = c.Node.Ints("axes") is { } given ? [.. given] : [.. Enumerable.Range(0, x.Length)];
        if (axes.Length != target.Length) throw c.Inconsistent("one size for each axis is needed");
        for (int i = 0; i < axes.Length; i++) x[c.Axis(axes[i], x.Length)] = target[i];
        c.Set(0, c.Type(0), x);
    }

    /// <summary>[n, c · block, columns] to [n, c, image …].</summary>
    public static void Col2Im(NodeContext c)
    {
        long[] x = c.Shape(0), image = c.Integers(1), block = c.Integers(2);
        long size = Dims.Count(block);
        if (x.Length != 3 || size < 1 || x[1] % size != 0) throw c.Inconsistent("columns do not fit the block");
        c.Set(0, c.Type(0), [x[0], x[1] / size, .. image]);
    }
}
