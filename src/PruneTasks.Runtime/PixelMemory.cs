namespace PruneTasks;

/// <summary>An image in memory, as <see cref="PixelSpan"/>, that may live on while a call is awaited.</summary>
public readonly struct PixelMemory
{
    private readonly ReadOnlyMemory<byte> _pixels;
    private readonly int _width, _height, _stride;
    private readonly PixelFormat _format;

    /// <summary>An image whose rows follow each other without padding.</summary>
    /// <param name="pixels">At least <paramref name="width"/> · <paramref name="height"/> · bytes per pixel; not changed before the call has ended.</param>
    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="format">The bytes of one pixel.</param>
    /// <exception cref="ArgumentException">Too few bytes, or a size below 1.</exception>
    public PixelMemory(ReadOnlyMemory<byte> pixels, int width, int height, PixelFormat format)
        : this(pixels, new PixelSpan(pixels.Span, width, height, format))
    {
    }

    /// <summary>An image whose rows may be padded.</summary>
    /// <param name="pixels">The bytes; those after the last row's last pixel are optional. Not changed before the call has ended.</param>
    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="stride">Bytes from the start of one row to the start of the next.</param>
    /// <param name="format">The bytes of one pixel.</param>
    /// <exception cref="ArgumentException">Too few bytes, a size below 1, or a stride shorter than a row.</exception>
    public PixelMemory(ReadOnlyMemory<byte> pixels, int width, int height, int stride, PixelFormat format)
        : this(pixels, new PixelSpan(pixels.Span, width, height, stride, format))
    {
    }

    // What makes a PixelSpan has been checked.
    private PixelMemory(ReadOnlyMemory<byte> pixels, PixelSpan image) =>
        (_pixels, _width, _height, _stride, _format) = (pixels, image.Width, image.Height, image.Stride, image.Format);

    /// <summary>The image for a call that is not awaited.</summary>
    /// <exception cref="ArgumentException">This is <c>default</c>, no image.</exception>
    public PixelSpan Span => new(_pixels.Span, _width, _height, _stride, _format);
}
