namespace PruneTasks;

/// <summary>An image in memory that somebody else owns: rows from top to bottom, 8 bits per channel.</summary>
public readonly ref struct PixelSpan
{
    /// <summary>An image whose rows follow each other without padding.</summary>
    /// <param name="pixels">At least <paramref name="width"/> · <paramref name="height"/> · bytes per pixel.</param>
    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="format">The bytes of one pixel.</param>
    /// <exception cref="ArgumentException">Too few bytes, or a size below 1.</exception>
    public PixelSpan(ReadOnlySpan<byte> pixels, int width, int height, PixelFormat format)
        : this(pixels, width, height, checked(width * BytesPerPixel(format)), format)
    {
    }

    /// <summary>An image whose rows may be padded.</summary>
    /// <param name="pixels">The bytes; those after the last row's last pixel are optional.</param>
    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="stride">Bytes from the start of one row to the start of the next.</param>
    /// <param name="format">The bytes of one pixel.</param>
    /// <exception cref="ArgumentException">Too few bytes, a size below 1, or a stride shorter than a row.</exception>
    public PixelSpan(ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelFormat format)
    {
        Imaging.PixelReader.CheckSource(pixels.Length, width, height, stride, BytesPerPixel(format));
        Pixels = pixels;
        Width = width;
        Height = height;
        Stride = stride;
        Format = format;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Pixels { get; }

    /// <summary>Pixels per row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Bytes from the start of one row to the start of the next.</summary>
    public int Stride { get; }

    /// <summary>The bytes of one pixel.</summary>
    public PixelFormat Format { get; }

    private static int BytesPerPixel(PixelFormat format) => new Imaging.PixelReader(format).BytesPerPixel;
}
