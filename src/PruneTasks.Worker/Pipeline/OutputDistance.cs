using PruneTasks.Onnx;

namespace PruneTasks.Worker.Pipeline;

/// <summary>How far two outputs are apart.</summary>
/// <param name="Relative">Largest difference over the largest entry; infinite where they cannot be compared.</param>
/// <param name="Why">What cannot be compared; null otherwise.</param>
internal sealed record OutputDistance(double Relative, string? Why)
{
    // Outputs smaller than this are rounding of larger numbers inside.
    private const double LeastSize = 1e-2;

    // Rounding may turn the winner of a tie; more than these whole numbers it does not change.
    private const double Ties = 0.02;

    /// <summary>Compares. Whole numbers and truth values have to be the same, but for ties.</summary>
    public static OutputDistance Between(TensorData? a, TensorData? b)
    {
        if (a is null && b is null) return new(0, null);
        if (a is null || b is null || a.Type != b.Type) return new(double.PositiveInfinity, "one of the models gives no such output");
        if (!a.Shape.SequenceEqual(b.Shape)) return new(double.PositiveInfinity, $"an output has shape [{string.Join(", ", b.Shape)}] in place of [{string.Join(", ", a.Shape)}]");
        if (a.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64)) return Whole(a, b);
        float[] x = a.ToFloats(), y = b.ToFloats();
        double size = LeastSize, difference = 0;
        for (int i = 0; i < x.Length; i++)
        {
            if (float.IsNaN(x[i]) != float.IsNaN(y[i])) return new(double.PositiveInfinity, "an output is not a number in one of the models");
            if (float.IsNaN(x[i]) || x[i] == y[i]) continue;
            difference = Math.Max(difference, Math.Abs((double)x[i] - y[i]));
        }
        foreach (float value in x)
        {
            if (float.IsFinite(value)) size = Math.Max(size, Math.Abs(value));
        }
        return new(difference / size, null);
    }

    private static OutputDistance Whole(TensorData a, TensorData b)
    {
        if (TensorData.SizeOf(a.Type) is not { } bytes || a.Count == 0) return new(0, null);
        long different = 0;
        for (int i = 0; i < a.Bytes.Length; i += bytes)
        {
            if (!a.Bytes.Span.Slice(i, bytes).SequenceEqual(b.Bytes.Span.Slice(i, bytes))) different++;
        }
        double share = (double)different / a.Count;
        return different > 1 && share > Ties ? new(share, null) : new(0, null);
    }
}
