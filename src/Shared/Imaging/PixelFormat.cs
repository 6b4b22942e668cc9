namespace PruneTasks;

/// <summary>How the bytes of one pixel lie in memory; 8 bits per channel, no padding inside a pixel.</summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
enum PixelFormat
{
    /// <summary>Three bytes: red, green, blue.</summary>
    Rgb24 = 0,

    /// <summary>Three bytes: blue, green, red.</summary>
    Bgr24 = 1,

    /// <summary>Four bytes: red, green, blue, alpha. Alpha is ignored: nothing is blended or premultiplied.</summary>
    Rgba32 = 2,

    /// <summary>Four bytes: blue, green, red, alpha. Alpha is ignored: nothing is blended or premultiplied.</summary>
    Bgra32 = 3,

    /// <summary>One byte: luma.</summary>
    Gray8 = 4,
}
