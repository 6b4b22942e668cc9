using System.Buffers;

namespace PruneTasks.Imaging;

/// <summary>
/// Weights of one axis for the destination pixels of a window: for each, the first source pixel, the number of source
/// pixels, and that many weights in fixed point with <see cref="FractionBits"/> bits. Follows the definition that Pillow
/// publishes for its antialiasing resize: support scaled by the reduction, weights normalised, rounded half away from zero.
/// Arrays are rented; dispose once.
/// </summary>
internal readonly struct ResizeWeights : IDisposable
{
    /// <summary>32 bits of accumulator less 8 of the pixel less 2 for kernels whose weights sum above 1 in absolute value.</summary>
    public const int FractionBits = 32 - 8 - 2;

    private readonly int[] _spans;
    private readonly int[] _weights;
    private readonly int _stride;

    private ResizeWeights(int[] spans, int[] weights, int stride) => (_spans, _weights, _stride) = (spans, weights, stride);

    /// <summary>First source pixel of destination pixel <paramref name="index"/> of the window.</summary>
    public int First(int index) => _spans[2 * index];

    /// <summary>Weights of destination pixel <paramref name="index"/> of the window.</summary>
    public ReadOnlySpan<int> this[int index] => _weights.AsSpan(index * _stride, _spans[(2 * index) + 1]);

    /// <summary>Weights for destination pixels [offset, offset + count) of an axis resized from source to destination pixels.</summary>
    public static ResizeWeights Rent(int source, int destination, int offset, int count, ImageInterpolation interpolation)
    {
        double scale = (double)source / destination;
        double filterScale = Math.Max(scale, 1.0);
        double support = Support(interpolation) * filterScale;
        double inverse = 1.0 / filterScale;
        int stride = checked(((int)Math.Ceiling(support) * 2) + 1);
        int[] spans = ArrayPool<int>.Shared.Rent(2 * count);
        int[] weights = ArrayPool<int>.Shared.Rent(checked(stride * count));
        double[] exact = ArrayPool<double>.Shared.Rent(stride);
        for (int i = 0; i < count; i++)
        {
            double centre = (offset + i + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - support + 0.5));
            int length = Math.Min(source, (int)(centre + support + 0.5)) - first;
            double sum = 0;
            for (int x = 0; x < length; x++)
                sum += exact[x] = Kernel(interpolation, (x + first - centre + 0.5) * inverse);
            for (int x = 0; x < length; x++)
                weights[(i * stride) + x] = ToFixed(sum == 0 ? exact[x] : exact[x] / sum);
            spans[2 * i] = first;
            spans[(2 * i) + 1] = length;
        }
        ArrayPool<double>.Shared.Return(exact);
        return new ResizeWeights(spans, weights, stride);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_spans);
        ArrayPool<int>.Shared.Return(_weights);
    }

    /// <summary>Half the width of the kernel at scale 1, in source pixels.</summary>
    public static double Support(ImageInterpolation interpolation) => interpolation switch
    {
        ImageInterpolation.Box => 0.5,
        ImageInterpolation.Bilinear => 1.0,
        ImageInterpolation.Hamming => 1.0,
        ImageInterpolation.Bicubic => 2.0,
        ImageInterpolation.Lanczos => 3.0,
        _ => throw new ArgumentOutOfRangeException(nameof(interpolation), interpolation, "This kernel has no weights."),
    };

    /// <summary>The kernel at distance <paramref name="x"/> from its centre.</summary>
    public static double Kernel(ImageInterpolation interpolation, double x) => interpolation switch
    {
        ImageInterpolation.Box => x is > -0.5 and <= 0.5 ? 1.0 : 0.0,
        ImageInterpolation.Bilinear => Triangle(x),
        ImageInterpolation.Hamming => Math.Abs(x) < 1.0 ? Sinc(x) * (0.54 + (0.46 * Math.Cos(Math.PI * x))) : 0.0,
        ImageInterpolation.Bicubic => Cubic(x),
        ImageInterpolation.Lanczos => x is >= -3.0 and < 3.0 ? Sinc(x) * Sinc(x / 3.0) : 0.0,
        _ => throw new ArgumentOutOfRangeException(nameof(interpolation), interpolation, "This kernel has no weights."),
    };

    private static int ToFixed(double weight) => (int)((weight * (1 << FractionBits)) + (weight < 0 ? -0.5 : 0.5));

    private static double Triangle(double x)
    {
        x = Math.Abs(x);
        return x < 1.0 ? 1.0 - x : 0.0;
    }

    /// <summary>Keys, "Cubic convolution interpolation for digital image processing" (1981), eq. 15 has a = -1/2.</summary>
    private static double Cubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (x < 1.0)
            return (((A + 2.0) * x) - (A + 3.0)) * x * x + 1.0;
        return x < 2.0 ? ((((x - 5.0) * x) + 8.0) * x - 4.0) * A : 0.0;
    }

    private static double Sinc(double x)
    {
        if (x == 0.0)
            return 1.0;
        x *= Math.PI;
        return Math.Sin(x) / x;
    }
}
