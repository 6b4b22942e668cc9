namespace PruneTasks.Onnx.Shapes;

/// <summary>Shapes of region and grid operators, and of losses.</summary>
internal static class RegionRules
{
    public static void RoiAlign(NodeContext c)
    {
        long[] x = c.Shape(0), rois = c.Shape(1);
        if (x.Length != 4 || rois.Length != 2) throw c.Inconsistent("images [n, c, h, w] and regions [r, 4] are needed");
        c.Set(0, c.Type(0), rois[0], x[1], c.Node.Int("output_height", 1), c.Node.Int("output_width", 1));
    }

    public static void MaxRoiPool(NodeContext c)
    {
        long[] x = c.Shape(0), rois = c.Shape(1);
        long[] pooled = c.Node.Ints("pooled_shape") is { Count: 2 } p ? [.. p] : throw c.Inconsistent("no pooled_shape");
        if (x.Length != 4 || rois.Length != 2) throw c.Inconsistent("images [n, c, h, w] and regions [r, 5] are needed");
        c.Set(0, c.Type(0), rois[0], x[1], pooled[0], pooled[1]);
    }

    /// <summary>[n, c] of the data, spatial sizes of the grid.</summary>
    public static void GridSample(NodeContext c)
    {
        long[] x = c.Shape(0), grid = c.Shape(1);
        if (x.Length < 3 || grid.Length != x.Length || grid[^1] != x.Length - 2) throw c.Inconsistent("the grid does not fit the data");
        c.Set(0, c.Type(0), [x[0], x[1], .. grid[1..^1]]);
    }

    /// <summary>Size [n, c, (d,) h, w] becomes [n, (d,) h, w, axes].</summary>
    public static void AffineGrid(NodeContext c)
    {
        long[] size = c.Integers(1);
        if (size.Length is not (4 or 5)) throw c.Inconsistent("a size of 4 or 5 numbers is needed");
        c.Set(0, c.Type(0), [size[0], .. size[2..], size.Length - 2]);
    }

    /// <summary>Scores [n, classes, d1 …], labels [n, d1 …]: a scalar, or one loss for each label; the second output has the scores' shape.</summary>
    public static void Loss(NodeContext c)
    {
        c.Set(0, c.Type(0), c.Node.String("reduction", "mean") == "none" ? c.Shape(1) : []);
        c.Set(1, c.Type(0), c.Shape(0));
    }
}
