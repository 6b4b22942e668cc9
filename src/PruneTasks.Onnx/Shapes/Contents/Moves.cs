namespace PruneTasks.Onnx.Shapes;

/// <summary>Contents of operators that only move elements; bytes are copied, whatever their type.</summary>
internal static class Moves
{
    /// <summary>A tensor whose element i is element <paramref name="source"/>(i) of <paramref name="from"/>.</summary>
    public static TensorData Pick(TensorData from, long[] shape, Func<long, long> source)
    {
        int size = TensorData.SizeOf(from.Type) ?? throw new UnknownShapeException(UnknownShape.NoRule, $"{from.Type} is not evaluated");
        long count = Dims.Count(shape);
        var bytes = new byte[checked(count * size)];
        ReadOnlySpan<byte> data = from.Bytes.Span;
        for (long i = 0; i < count; i++)
        {
            data.Slice(checked((int)(source(i) * size)), size).CopyTo(bytes.AsSpan((int)(i * size)));
        }
        return new TensorData(from.Type, shape, bytes);
    }

    /// <summary>Same elements, the output's shape (Reshape, Squeeze, Unsqueeze, Flatten, Identity, Dropout).</summary>
    public static void Reshape(NodeContext c)
    {
        TensorData x = c.Content(0)!;
        c.SetContent(0, new TensorData(x.Type, c.OutputShape(0), x.Bytes));
    }

    public static void Transpose(NodeContext c)
    {
        TensorData x = c.Content(0)!;
        int[] perm = LayoutRules.Permutation(c, x.Shape.Count);
        long[] from = Dims.Strides(x.Shape);
        SetByCoordinates(c, x, (coordinates) =>
        {
            long at = 0;
            for (int i = 0; i < perm.Length; i++) at += coordinates[i] * from[perm[i]];
            return at;
        });
    }

    public static void Slice(NodeContext c)
    {
        TensorData x = c.Content(0)!;
        long[] strides = Dims.Strides(x.Shape), start = new long[strides.Length], step = [.. strides.Select(_ => 1L)];
        foreach (SliceRange range in PartRules.Ranges(c, [.. x.Shape])) (start[range.Axis], step[range.Axis]) = (range.Start, range.Step);
        SetByCoordinates(c, x, coordinates =>
        {
            long at = 0;
            for (int i = 0; i < strides.Length; i++) at += (start[i] + (coordinates[i] * step[i])) * strides[i];
            return at;
        });
    }

    public static void Expand(NodeContext c)
    {
        TensorData x = c.Content(0)!;
        long[] shape = c.OutputShape(0), strides = Broadcasting.Strides(x.Shape, shape);
        c.SetContent(0, Pick(x, shape, Broadcasting.Index(shape, strides)));
    }

    public static void Tile(NodeContext c)
    {
        TensorData x = c.Content(0)!;
        long[] strides = Dims.Strides(x.Shape);
        SetByCoordinates(c, x, coordinates =>
        {
            long at = 0;
            for (int i = 0; i < strides.Length; i++) at += coordinates[i] % x.Shape[i] * strides[i];
            return at;
        });
    }

    public static void Gather(NodeContext c)
    {
        TensorData x = c.Content(0)!;
        long[] indices = c.Integers(1);
        int axis = c.Axis(c.Node.Int("axis", 0), x.Shape.Count);
        long size = x.Shape[axis], inner = Dims.Count(x.Shape.Skip(axis + 1));
        for (int i = 0; i < indices.Length; i++)
        {
            if (indices[i] < 0) indices[i] += size;
            if (indices[i] < 0 || indices[i] >= size) throw c.Inconsistent($"index {indices[i]} of an axis with {size}");
        }
        c.SetContent(0, Pick(x, c.OutputShape(0), i =>
        {
            long within = i % inner, rest = i / inner, outer = rest / indices.Length;
            return (((outer * size) + indices[rest % indices.Length]) * inner) + within;
        }));
    }

    public static void Concat(NodeContext c)
    {
        long[] shape = c.OutputShape(0);
        int axis = c.Axis(c.Node.Int("axis", c.Opset < 4 ? 1 : 0), shape.Length);
        TensorData[] parts = [.. Enumerable.Range(0, c.InputCount).Select(i => c.Content(i)!)];
        int size = TensorData.SizeOf(parts[0].Type) ?? throw new UnknownShapeException(UnknownShape.NoRule, "not evaluated");
        if (parts.Any(p => p.Type != parts[0].Type)) throw c.Inconsistent("operands of different types");
        var bytes = new byte[Dims.Count(shape) * size];
        long outer = Dims.Count(shape.Take(axis));
        int to = 0; // Without elements there is nothing to copy, and the loop below does not run.
        for (int o = 0; o < outer; o++)
        {
            foreach (TensorData part in parts)
            {
                int length = part.Bytes.Length / (int)outer;
                part.Bytes.Span.Slice(o * length, length).CopyTo(bytes.AsSpan(to));
                to += length;
            }
        }
        c.SetContent(0, new TensorData(parts[0].Type, shape, bytes));
    }

    public static void Split(NodeContext c)
    {
        TensorData x = c.Content(0)!;
        int axis = c.Axis(c.Node.Int("axis", 0), x.Shape.Count);
        long inner = Dims.Count(x.Shape.Skip(axis + 1)), start = 0;
        for (int o = 0; o < c.Node.Outputs.Count; o++)
        {
            long[] shape = c.OutputShape(o);
            long from = start, size = shape[axis];
            c.SetContent(o, Pick(x, shape, i => (((i / (size * inner) * x.Shape[axis]) + from + (i / inner % size)) * inner) + (i % inner)));
            start += size;
        }
    }

    private static void SetByCoordinates(NodeContext c, TensorData x, Func<long[], long> source)
    {
        long[] shape = c.OutputShape(0), strides = Dims.Strides(shape), coordinates = new long[shape.Length];
        c.SetContent(0, Pick(x, shape, i =>
        {
            for (int a = 0; a < shape.Length; a++) coordinates[a] = i / strides[a] % shape[a];
            return source(coordinates);
        }));
    }
}
