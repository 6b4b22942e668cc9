namespace PruneTasks.Onnx.Shapes;

/// <summary>Where the elements of a broadcast operand come from.</summary>
internal static class Broadcasting
{
    /// <summary>Strides of an operand of shape <paramref name="from"/> inside <paramref name="to"/>; 0 along stretched axes.</summary>
    public static long[] Strides(IReadOnlyList<long> from, long[] to)
    {
        long[] own = Dims.Strides(from), strides = new long[to.Length];
        for (int i = 1; i <= from.Count; i++) strides[^i] = from[^i] == 1 ? 0 : own[^i];
        return strides;
    }

    /// <summary>From an element's index in <paramref name="shape"/> to the operand's.</summary>
    public static Func<long, long> Index(long[] shape, long[] strides)
    {
        long[] whole = Dims.Strides(shape);
        return i =>
        {
            long at = 0;
            for (int a = 0; a < shape.Length; a++) at += i / whole[a] % shape[a] * strides[a];
            return at;
        };
    }

    /// <summary>The operand's index for each element of the output.</summary>
    public static Func<long, long> Index(TensorData operand, long[] shape) => Index(shape, Strides(operand.Shape, shape));
}
