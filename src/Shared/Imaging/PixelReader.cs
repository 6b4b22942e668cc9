namespace PruneTasks.Imaging;

/// <summary>Reads pixels of any <see cref="PixelFormat"/> as interleaved red, green, blue, or as luma.</summary>
internal readonly struct PixelReader
{
    private readonly int _red;
    private readonly int _green;
    private readonly int _blue;

    public PixelReader(PixelFormat format)
    {
        (BytesPerPixel, _red, _green, _blue) = format switch
        {
            PixelFormat.Rgb24 => (3, 0, 1, 2),
            PixelFormat.Bgr24 => (3, 2, 1, 0),
            PixelFormat.Rgba32 => (4, 0, 1, 2),
            PixelFormat.Bgra32 => (4, 2, 1, 0),
            PixelFormat.Gray8 => (1, 0, 0, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Unknown pixel format."),
        };
    }

    public int BytesPerPixel { get; }

    /// <summary>Writes the pixels of a row as 3 bytes red, green, blue, or as 1 byte luma.</summary>
    public void ReadRow(ReadOnlySpan<byte> row, int channels, Span<byte> destination)
    {
        int source = 0;
        if (channels == 1)
        {
            for (int x = 0; x < destination.Length; x++, source += BytesPerPixel)
                destination[x] = Luma(row[source + _red], row[source + _green], row[source + _blue]);
            return;
        }
        for (int x = 0; x + 2 < destination.Length; x += 3, source += BytesPerPixel)
        {
            destination[x] = row[source + _red];
            destination[x + 1] = row[source + _green];
            destination[x + 2] = row[source + _blue];
        }
    }

    /// <summary>That so many bytes hold an image of this size.</summary>
    /// <exception cref="ArgumentException">A size below 1, a stride shorter than a row, or too few bytes.</exception>
    public static void CheckSource(int bytes, int width, int height, int stride, int bytesPerPixel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        long rowBytes = (long)width * bytesPerPixel;
        if (stride < rowBytes)
            throw new ArgumentException($"A stride of {stride} bytes is less than the {rowBytes} bytes of a row.", nameof(stride));
        long needed = ((height - 1L) * stride) + rowBytes;
        if (bytes < needed)
            throw new ArgumentException($"{bytes} bytes of pixels; {width}x{height} needs {needed}.", nameof(bytes));
    }

    /// <summary>
    /// ITU-R BT.601 luma, 0.299 R + 0.587 G + 0.114 B, in 16-bit fixed point whose weights sum to 65,536: gray stays itself.
    /// </summary>
    private static byte Luma(int red, int green, int blue) =>
        (byte)(((red * 19595) + (green * 38470) + (blue * 7471) + 0x8000) >> 16);
}
