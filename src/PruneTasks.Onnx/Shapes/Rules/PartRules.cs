namespace PruneTasks.Onnx.Shapes;

/// <summary>One axis of a Slice: from <paramref name="Start"/>, <paramref name="Count"/> coordinates, each <paramref name="Step"/> further.</summary>
internal readonly record struct SliceRange(int Axis, long Start, long Step, long Count);

/// <summary>Shapes of operators that take parts or put parts together.</summary>
internal static class PartRules
{
    public static void Slice(NodeContext c)
    {
        long[] x = c.Shape(0);
        foreach (SliceRange range in Ranges(c, x)) x[range.Axis] = range.Count;
        c.Set(0, c.Type(0), x);
    }

    /// <summary>Starts, ends, axes and steps: attributes before opset 10, inputs since.</summary>
    public static List<SliceRange> Ranges(NodeContext c, long[] x)
    {
        long[] starts = c.IntsOrInput("starts", 1) ?? throw c.Inconsistent("no starts"), ends = c.IntsOrInput("ends", 2) ?? throw c.Inconsistent("no ends");
        long[] axes = c.IntsOrInput("axes", 3) ?? [.. Enumerable.Range(0, starts.Length)];
        long[] steps = c.Has(4) ? c.Integers(4) : [.. starts.Select(_ => 1L)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length) throw c.Inconsistent("starts, ends, axes and steps differ in length");
        var ranges = new List<SliceRange>();
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = c.Axis(axes[i], x.Length);
            if (ranges.Any(r => r.Axis == axis)) throw c.Inconsistent("an axis is given twice");
            long size = x[axis], step = steps[i];
            if (step is 0 or long.MinValue) throw c.Inconsistent("a step of 0");
            long start = Clamp(starts[i], size, 0, step), end = Clamp(ends[i], size, step > 0 ? 0 : -1, step);
            long distance = step > 0 ? end - start : start - end;
            ranges.Add(new SliceRange(axis, start, step, distance <= 0 ? 0 : ((distance - 1) / Math.Abs(step)) + 1));
        }
        return ranges;
    }

    private static long Clamp(long at, long size, long low, long step) => Math.Clamp(at < 0 ? at + size : at, low, step > 0 ? size : Math.Max(size - 1, low));

    /// <summary>Sizes: an attribute (opset 2), an input (13), equal parts (num_outputs, 18), or equal parts by the number of outputs.</summary>
    public static void Split(NodeContext c)
    {
        long[] x = c.Shape(0);
        int axis = c.Axis(c.Node.Int("axis", 0), x.Length), parts = c.Node.Outputs.Count;
        long[]? sizes = c.IntsOrInput("split", 1);
        if (sizes is null)
        {
            long chunk = (x[axis] + parts - 1) / parts;
            sizes = [.. Enumerable.Range(0, parts).Select(i => Math.Max(0, Math.Min(chunk, x[axis] - (i * chunk))))];
        }
        if (sizes.Length != parts || sizes.Sum() != x[axis]) throw c.Inconsistent($"parts [{Dims.Text(sizes)}] of {x[axis]}");
        for (int i = 0; i < parts; i++) c.Set(i, c.Type(0), [.. x[..axis], sizes[i], .. x[(axis + 1)..]]);
    }

    public static void Concat(NodeContext c)
    {
        long[] shape = c.Shape(0);
        int axis = c.Axis(c.Node.Int("axis", c.Opset < 4 ? 1 : 0), shape.Length);
        for (int i = 1; i < c.InputCount; i++)
        {
            long[] next = c.Shape(i);
            if (next.Length != shape.Length) throw c.Inconsistent("operands of different rank");
            for (int a = 0; a < shape.Length; a++)
            {
                if (a != axis && next[a] != shape[a]) throw c.Inconsistent($"[{Dims.Text(shape)}] and [{Dims.Text(next)}] along axis {axis}");
            }
            shape[axis] += next[axis];
        }
        c.Set(0, c.Type(0), shape);
    }

    public static void Gather(NodeContext c)
    {
        long[] x = c.Shape(0), indices = c.Shape(1);
        int axis = c.Axis(c.Node.Int("axis", 0), x.Length);
        c.Set(0, c.Type(0), [.. x[..axis], .. indices, .. x[(axis + 1)..]]);
    }

    public static void GatherElements(NodeContext c) => c.Set(0, c.Type(0), c.Shape(1));

    public static void GatherND(NodeContext c)
    {
        long[] x = c.Shape(0), indices = c.Shape(1);
        int batch = (int)c.Node.Int("batch_dims", 0);
        if (indices.Length == 0 || batch < 0 || batch + indices[^1] > x.Length) throw c.Inconsistent("indices address more axes than there are");
        c.Set(0, c.Type(0), [.. indices[..^1], .. x[(batch + (int)indices[^1])..]]);
    }

    public static void Expand(NodeContext c) => c.Set(0, c.Type(0), Dims.Broadcast(c.Shape(0), c.Integers(1)));

    public static void Tile(NodeContext c)
    {
        long[] x = c.Shape(0), repeats = c.Integers(1);
        if (repeats.Length != x.Length) throw c.Inconsistent("one repeat for each axis is needed");
        c.Set(0, c.Type(0), [.. x.Select((d, i) => checked(d * repeats[i]))]);
    }

    /// <summary>Pads: "paddings" (opset 1), "pads" (2), an input (11), with axes (18).</summary>
    public static void Pad(NodeContext c)
    {
        long[] x = c.Shape(0);
        long[] pads = (c.Node.Ints("paddings") is { } old ? [.. old] : c.IntsOrInput("pads", 1)) ?? throw c.Inconsistent("no pads");
        long[] axes = c.Has(3) ? c.Integers(3) : [.. Enumerable.Range(0, x.Length)];
        if (pads.Length != 2 * axes.Length) throw c.Inconsistent("two pads for each axis are needed");
        for (int i = 0; i < axes.Length; i++) x[c.Axis(axes[i], x.Length)] += pads[i] + pads[i + axes.Length];
        c.Set(0, c.Type(0), x);
    }

    /// <summary>Scales or sizes: attributes (Upsample, opset 7), inputs (Resize 10, 11, 13; axes since 18).</summary>
    public static void Resize(NodeContext c)
    {
        long[] x = c.Shape(0);
        int scaleInput = c.Opset < 11 || c.Node.OpType == "Upsample" ? 1 : 2;
        int[] axes = c.Node.Ints("axes") is { } given ? [.. given.Select(a => c.Axis(a, x.Length))] : [.. Enumerable.Range(0, x.Length)];
        if (c.Has(3) && c.Content(3) is not { Count: 0 })
        {
            long[] sizes = c.Integers(3);
            string policy = c.Node.String("keep_aspect_ratio_policy", "stretch")!;
            if (sizes.Length != axes.Length || policy is not ("stretch" or "not_larger" or "not_smaller")) throw c.Inconsistent("sizes do not fit");
            if (policy != "stretch")
            {
                // One scale for all axes: the one with which no axis is larger, or none smaller, than asked for.
                float[] each = [.. axes.Select((axis, i) => (float)sizes[i] / x[axis])];
                float common = policy == "not_larger" ? each.Min() : each.Max();
                sizes = [.. axes.Select(axis => (long)MathF.Floor((x[axis] * common) + 0.5f))];
            }
            for (int i = 0; i < axes.Length; i++) x[axes[i]] = sizes[i];
        }
        else
        {
            float[] scales = c.Node.Attributes.TryGetValue("scales", out AttributeData? a) && a.Floats is { } f
                ? [.. f]
                : c.Content(scaleInput)?.ToFloats() ?? throw new UnknownShapeException(UnknownShape.DataDependent, "the scales of Resize are not known");
            if (scales.Length != axes.Length) throw c.Inconsistent("scales do not fit");
            for (int i = 0; i < axes.Length; i++) x[axes[i]] = (long)MathF.Floor(x[axes[i]] * scales[i]);
        }
        c.Set(0, c.Type(0), x);
    }

    public static void OneHot(NodeContext c)
    {
        List<long> shape = [.. c.Shape(0)];
        long depth = c.Content(1) is { } d ? (long)Numbers.Read(d).At(0) : throw new UnknownShapeException(UnknownShape.DataDependent, "the depth of OneHot is not known");
        shape.Insert(c.Axis(c.Node.Int("axis", -1), shape.Count + 1), depth);
        c.Set(0, c.Type(2), [.. shape]);
    }
}
