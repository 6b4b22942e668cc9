using System.Buffers;

namespace PruneTasks.Imaging;

/// <summary>
/// Two-pass resize of 8-bit images: along x into bytes, then along y. Both passes round to 8 bits, as the published
/// definition does. Only the window that the crop keeps is computed; each pixel of it is the same as in the whole image.
/// </summary>
internal static class Resampler
{
    /// <summary>
    /// Writes the window of the resized image as interleaved channels.
    /// </summary>
    public static void Resize(
        ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelReader reader,
        ResizeGeometry geometry, ImageSettings settings, Span<byte> destination)
    {
        if (settings.Interpolation == ImageInterpolation.Nearest)
        {
            Nearest(pixels, width, height, stride, reader, geometry, settings, destination);
            return;
        }
        int channels = settings.Channels;
        int rowLength = geometry.WindowWidth * channels;
        using ResizeWeights across = ResizeWeights.Rent(width, geometry.Width, geometry.Left, geometry.WindowWidth, settings.Interpolation);
        using ResizeWeights down = ResizeWeights.Rent(height, geometry.Height, geometry.Top, geometry.WindowHeight, settings.Interpolation);
        int last = geometry.WindowHeight - 1;
        int firstRow = down.First(0);
        int endRow = down.First(last) + down[last].Length;

        byte[] row = ArrayPool<byte>.Shared.Rent(checked(width * channels));
        byte[] narrow = ArrayPool<byte>.Shared.Rent(checked((endRow - firstRow) * rowLength));
        int[] sums = ArrayPool<int>.Shared.Rent(rowLength);
        bool sameWidth = width == geometry.Width;
        bool sameHeight = height == geometry.Height;
        for (int y = firstRow; y < endRow; y++)
        {
            Span<byte> source = row.AsSpan(0, width * channels);
            reader.ReadRow(pixels.Slice(y * stride, width * reader.BytesPerPixel), channels, source);
            Span<byte> target = narrow.AsSpan((y - firstRow) * rowLength, rowLength);
            if (sameWidth)
                source.Slice(geometry.Left * channels, rowLength).CopyTo(target);
            else
                Across(source, channels, across, target);
        }
        for (int y = 0; y < geometry.WindowHeight; y++)
        {
            Span<byte> target = destination.Slice(y * rowLength, rowLength);
            if (sameHeight)
                narrow.AsSpan((geometry.Top + y - firstRow) * rowLength, rowLength).CopyTo(target);
            else
                Down(narrow.AsSpan((down.First(y) - firstRow) * rowLength), rowLength, down[y], sums.AsSpan(0, rowLength), target);
        }
        ArrayPool<int>.Shared.Return(sums);
        ArrayPool<byte>.Shared.Return(narrow);
        ArrayPool<byte>.Shared.Return(row);
    }

    private static void Across(ReadOnlySpan<byte> source, int channels, ResizeWeights weights, Span<byte> target)
    {
        const int Half = 1 << (ResizeWeights.FractionBits - 1);
        if (channels == 1)
        {
            for (int x = 0; x < target.Length; x++)
            {
                ReadOnlySpan<int> w = weights[x];
                ReadOnlySpan<byte> s = source.Slice(weights.First(x), w.Length);
                int sum = Half;
                for (int i = 0; i < w.Length; i++)
                    sum += w[i] * s[i];
                target[x] = ToByte(sum);
            }
            return;
        }
        for (int x = 0; x < target.Length / 3; x++)
        {
            ReadOnlySpan<int> w = weights[x];
            ReadOnlySpan<byte> s = source.Slice(weights.First(x) * 3, w.Length * 3);
            int red = Half, green = Half, blue = Half;
            for (int i = 0, j = 0; i < w.Length; i++, j += 3)
            {
                red += w[i] * s[j];
                green += w[i] * s[j + 1];
                blue += w[i] * s[j + 2];
            }
            target[3 * x] = ToByte(red);
            target[(3 * x) + 1] = ToByte(green);
            target[(3 * x) + 2] = ToByte(blue);
        }
    }

    /// <summary>Row by row, so that memory is read in order and the inner loop has no dependency.</summary>
    private static void Down(ReadOnlySpan<byte> rows, int rowLength, ReadOnlySpan<int> weights, Span<int> sums, Span<byte> target)
    {
        sums.Fill(1 << (ResizeWeights.FractionBits - 1));
        for (int i = 0; i < weights.Length; i++)
        {
            ReadOnlySpan<byte> row = rows.Slice(i * rowLength, rowLength);
            int weight = weights[i];
            for (int x = 0; x < row.Length && x < sums.Length; x++)
                sums[x] += weight * row[x];
        }
        for (int x = 0; x < target.Length; x++)
            target[x] = ToByte(sums[x]);
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> ResizeWeights.FractionBits, 0, 255);

    /// <summary>Centres are summed step by step, not multiplied: so a centre on a pixel border falls on the same side as in the definition.</summary>
    private static void Nearest(
        ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelReader reader,
        ResizeGeometry geometry, ImageSettings settings, Span<byte> destination)
    {
        int channels = settings.Channels;
        int bytes = reader.BytesPerPixel;
        double stepX = (double)width / geometry.Width;
        double stepY = (double)height / geometry.Height;
        double y = stepY * 0.5;
        for (int i = 0; i < geometry.Top; i++)
            y += stepY;
        double left = stepX * 0.5;
        for (int i = 0; i < geometry.Left; i++)
            left += stepX;
        for (int row = 0; row < geometry.WindowHeight; row++, y += stepY)
        {
            int start = Math.Min((int)y, height - 1) * stride;
            double x = left;
            for (int column = 0; column < geometry.WindowWidth; column++, x += stepX)
            {
                reader.ReadRow(
                    pixels.Slice(start + (Math.Min((int)x, width - 1) * bytes), bytes), channels,
                    destination.Slice(((row * geometry.WindowWidth) + column) * channels, channels));
            }
        }
    }
}
