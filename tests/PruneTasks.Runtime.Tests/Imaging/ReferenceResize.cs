using PruneTasks.Imaging;

namespace PruneTasks.Runtime.Tests.Imaging;

/// <summary>
/// The same resize written for reading, not for speed, in double and without tables: each destination pixel is the normalised,
/// kernel-weighted mean of the source pixels within the support, along x and then along y, each pass rounded to 8 bits.
/// </summary>
internal static class ReferenceResize
{
    public static byte[,] Gray(byte[,] image, int width, int height, ImageInterpolation kernel) =>
        Transpose(AlongX(Transpose(AlongX(image, width, kernel)), height, kernel));

    public static double Weight(ImageInterpolation kernel, double x)
    {
        double d = Math.Abs(x);
        return kernel switch
        {
            ImageInterpolation.Box => x is > -0.5 and <= 0.5 ? 1 : 0,
            ImageInterpolation.Bilinear => Math.Max(0, 1 - d),
            ImageInterpolation.Hamming when d == 0 => 1,
            ImageInterpolation.Hamming when d < 1 => Math.Sin(Math.PI * d) / (Math.PI * d) * (0.54 + (0.46 * Math.Cos(Math.PI * d))),
            ImageInterpolation.Bicubic when d < 1 => 1 - (2.5 * d * d) + (1.5 * d * d * d),
            ImageInterpolation.Bicubic when d < 2 => 2 - (4 * d) + (2.5 * d * d) - (0.5 * d * d * d),
            ImageInterpolation.Lanczos when d == 0 => 1,
            ImageInterpolation.Lanczos when d < 3 => 3 * Math.Sin(Math.PI * d) * Math.Sin(Math.PI * d / 3) / (Math.PI * Math.PI * d * d),
            _ => 0,
        };
    }

    private static double Reach(ImageInterpolation kernel) => kernel switch
    {
        ImageInterpolation.Box => 0.5,
        ImageInterpolation.Bilinear or ImageInterpolation.Hamming => 1,
        ImageInterpolation.Bicubic => 2,
        _ => 3,
    };

    private static byte[,] AlongX(byte[,] source, int to, ImageInterpolation kernel)
    {
        int lines = source.GetLength(0), from = source.GetLength(1);
        if (from == to)
            return source;
        byte[,] target = new byte[lines, to];
        double scale = (double)from / to, stretch = Math.Max(1, scale), reach = Reach(kernel) * stretch;
        for (int line = 0; line < lines; line++)
        {
            for (int i = 0; i < to; i++)
            {
                double centre = (i + 0.5) * scale, sum = 0, weights = 0;
                for (int j = 0; j < from; j++)
                {
                    // The window is the whole pixels from round(centre - reach) up to round(centre + reach), the latter not included.
                    if (j < Math.Floor(centre - reach + 0.5) || j >= Math.Floor(centre + reach + 0.5))
                        continue;
                    double weight = Weight(kernel, (j + 0.5 - centre) / stretch);
                    weights += weight;
                    sum += weight * source[line, j];
                }
                target[line, i] = (byte)Math.Clamp(Math.Floor((sum / weights) + 0.5), 0, 255);
            }
        }
        return target;
    }

    private static byte[,] Transpose(byte[,] image)
    {
        byte[,] turned = new byte[image.GetLength(1), image.GetLength(0)];
        for (int y = 0; y < image.GetLength(0); y++)
        {
            for (int x = 0; x < image.GetLength(1); x++)
                turned[x, y] = image[y, x];
        }
        return turned;
    }
}
