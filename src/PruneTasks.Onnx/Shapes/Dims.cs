namespace PruneTasks.Onnx.Shapes;

/// <summary>Arithmetic on shapes.</summary>
internal static class Dims
{
    /// <summary>Number of elements.</summary>
    public static long Count(IEnumerable<long> shape)
    {
        try
        {
            long count = 1;
            foreach (long dim in shape) count = checked(count * dim);
            return count;
        }
        catch (OverflowException)
        {
            throw new UnknownShapeException(UnknownShape.Inconsistent, "a tensor would have more than 2^63 elements");
        }
    }

    /// <summary>Shape after multidirectional broadcasting (ONNX, "Broadcasting in ONNX").</summary>
    public static long[] Broadcast(ReadOnlySpan<long> a, ReadOnlySpan<long> b)
    {
        var result = new long[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= result.Length; i++)
        {
            long x = i <= a.Length ? a[^i] : 1, y = i <= b.Length ? b[^i] : 1;
            if (x != y && x != 1 && y != 1) throw new UnknownShapeException(UnknownShape.Inconsistent, $"[{Text(a)}] and [{Text(b)}] do not broadcast");
            result[^i] = x == 1 ? y : x;
        }
        return result;
    }

    /// <summary>Elements between neighbours along each axis, row-major.</summary>
    public static long[] Strides(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        long stride = 1;
        for (int i = shape.Count - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    public static string Text(ReadOnlySpan<long> shape) => string.Join(",", shape.ToArray());
}
