namespace PruneTasks.Imaging;

/// <summary>Size of the whole resized image, and where the model's window begins in it; all in pixels.</summary>
internal readonly record struct ResizeGeometry(int Width, int Height, int Left, int Top)
{
    /// <summary>
    /// The same sizes as torchvision's Resize(shortest side) and CenterCrop for a square target; for another target the
    /// smallest size with the image's proportions that covers it.
    /// </summary>
    /// <exception cref="ArgumentException">The image cannot be brought to the model's size under these settings.</exception>
    public static ResizeGeometry Fit(int width, int height, ImageSettings settings)
    {
        (int w, int h) = settings.Resize switch
        {
            ImageResize.None => (width, height),
            ImageResize.Stretch => (settings.Width, settings.Height),
            ImageResize.ShortestEdge => Cover(width, height, settings.Width, settings.Height),
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Resize, "Unknown resize mode."),
        };
        bool crop = settings.Crop == ImageCrop.Center;
        if (crop ? w < settings.Width || h < settings.Height : w != settings.Width || h != settings.Height)
        {
            throw new ArgumentException(
                $"An image of {width}x{height} becomes {w}x{h} with resize '{settings.Resize}', which does not "
                + $"{(crop ? "cover" : "equal")} the model's {settings.Width}x{settings.Height}.");
        }
        return new ResizeGeometry(w, h, HalfToEven(w - settings.Width), HalfToEven(h - settings.Height));
    }

    private static (int Width, int Height) Cover(int width, int height, int targetWidth, int targetHeight) =>
        (long)width * targetHeight <= (long)height * targetWidth
            ? (targetWidth, checked((int)((long)targetWidth * height / width)))
            : (checked((int)((long)targetHeight * width / height)), targetHeight);

    /// <summary>round(difference / 2) with halves to the even neighbour, as IEEE 754 and Python round.</summary>
    private static int HalfToEven(int difference)
    {
        int half = difference / 2;
        return (difference & 1) == 1 && (half & 1) == 1 ? half + 1 : half;
    }
}
