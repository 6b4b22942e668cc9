namespace PruneTasks.Imaging;

/// <summary>Channels of the tensor, in their order.</summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
enum ImageColor
{
    /// <summary>Three channels: red, green, blue.</summary>
    Rgb = 0,

    /// <summary>Three channels: blue, green, red.</summary>
    Bgr = 1,

    /// <summary>One channel: ITU-R 601 luma, rounded to 8 bits.</summary>
    Gray = 2,
}

/// <summary>Order of the tensor's axes.</summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
enum ImageLayout
{
    /// <summary>[channels, height, width] for each image.</summary>
    Nchw = 0,

    /// <summary>[height, width, channels] for each image.</summary>
    Nhwc = 1,
}

/// <summary>How an image of any size becomes one of the model's size.</summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
enum ImageResize
{
    /// <summary>No resampling: the image has the model's size, or is larger and cropped.</summary>
    None = 0,

    /// <summary>Both sides are scaled independently to the model's size.</summary>
    Stretch = 1,

    /// <summary>Scaled, keeping its proportions, to the smallest size that covers the model's size; then cropped.</summary>
    ShortestEdge = 2,

    /// <summary>
    /// Scaled, keeping its proportions, to the largest size within the model's size, and centred between bars of
    /// <see cref="ImageSettings.Pad"/>. Nothing is cropped. Sizes and places are those of Pillow's ImageOps.pad: rounded half to even.
    /// </summary>
    Letterbox = 3,
}

/// <summary>The resampling kernel; support is given in source pixels when enlarging, and grows with the scale when reducing.</summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
enum ImageInterpolation
{
    /// <summary>The source pixel under the centre of the destination pixel; no antialiasing.</summary>
    Nearest = 0,

    /// <summary>Triangle, support 1.</summary>
    Bilinear = 1,

    /// <summary>Keys' cubic convolution with a = -0.5, support 2.</summary>
    Bicubic = 2,

    /// <summary>Sinc windowed by a sinc of three lobes, support 3.</summary>
    Lanczos = 3,

    /// <summary>The mean of the pixels under the destination pixel, support 1/2; enlarging, the nearest pixel.</summary>
    Box = 4,

    /// <summary>Sinc windowed by Hamming's cosine, support 1: as sharp as cubic when reducing, as quick as a triangle.</summary>
    Hamming = 5,
}

/// <summary>What happens to pixels outside the model's size after resizing.</summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
enum ImageCrop
{
    /// <summary>Nothing: the resized image must have the model's size exactly.</summary>
    None = 0,

    /// <summary>The middle is kept; an odd difference is halved to the nearest even number of pixels.</summary>
    Center = 1,
}

/// <summary>
/// The path from pixels to a tensor: colour, resize, crop, then (pixel · <see cref="Scale"/> − mean) / std for each channel.
/// Pixels are taken as they lie in memory: turning an image as its EXIF orientation says is for who decodes it.
/// </summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
sealed record ImageSettings
{
    /// <summary>Width of the tensor in pixels, at least 1.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the tensor in pixels, at least 1.</summary>
    public required int Height { get; init; }

    /// <summary>Channels of the tensor.</summary>
    public ImageColor Color { get; init; } = ImageColor.Rgb;

    /// <summary>Order of the tensor's axes.</summary>
    public ImageLayout Layout { get; init; } = ImageLayout.Nchw;

    /// <summary>Factor on the pixel value 0..255.</summary>
    public double Scale { get; init; } = 1.0 / 255.0;

    /// <summary>Subtracted after scaling, one per channel in the tensor's order, or one for all; empty is 0.</summary>
    public double[] Mean { get; init; } = [];

    /// <summary>Divisor after subtracting, one per channel in the tensor's order, or one for all; empty is 1; never 0.</summary>
    public double[] Std { get; init; } = [];

    /// <summary>How the image is brought to the model's size.</summary>
    public ImageResize Resize { get; init; } = ImageResize.ShortestEdge;

    /// <summary>The resampling kernel.</summary>
    public ImageInterpolation Interpolation { get; init; } = ImageInterpolation.Bilinear;

    /// <summary>What happens to pixels outside the model's size.</summary>
    public ImageCrop Crop { get; init; } = ImageCrop.Center;

    /// <summary>Level of every channel of the bars that <see cref="ImageResize.Letterbox"/> leaves, 0..255; scaled and shifted as any pixel.</summary>
    public byte Pad { get; init; }

    /// <summary>1 for gray, otherwise 3.</summary>
    public int Channels => Color == ImageColor.Gray ? 1 : 3;
}
