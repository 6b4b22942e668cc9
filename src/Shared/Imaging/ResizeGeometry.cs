namespace PruneTasks.Imaging;

/// <summary>
/// Size of the whole resized image; the window of it that the model sees, by where it begins and its size; and where the window lies in the model's
/// image. All in pixels. The window has the model's size, unless there are bars around it.
/// </summary>
internal readonly record struct ResizeGeometry(int Width, int Height, int Left, int Top, int WindowWidth, int WindowHeight, int BarLeft = 0, int BarTop = 0)
{
    /// <summary>
    /// The same sizes as torchvision's Resize(shortest side) and CenterCrop for a square target; for another target the
    /// smallest size with the image's proportions that covers it.
    /// </summary>
    /// <exception cref="ArgumentException">The image cannot be brought to the model's size under these settings.</exception>
    public static ResizeGeometry Fit(int width, int height, ImageSettings settings)
    {
        if (settings.Resize == ImageResize.Letterbox)
            return Letterbox(width, height, settings.Width, settings.Height);
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
        return new ResizeGeometry(w, h, HalfToEven(w - settings.Width), HalfToEven(h - settings.Height), settings.Width, settings.Height);
    }

    private static (int Width, int Height) Cover(int width, int height, int targetWidth, int targetHeight) =>
        (long)width * targetHeight <= (long)height * targetWidth
            ? (targetWidth, checked((int)((long)targetWidth * height / width)))
            : (checked((int)((long)targetHeight * width / height)), targetHeight);

    /// <summary>The largest size with the image's proportions within the target, each side at least 1, in the middle of the target.</summary>
    private static ResizeGeometry Letterbox(int width, int height, int targetWidth, int targetHeight)
    {
        double ratio = (double)width / height, target = (double)targetWidth / targetHeight;
        int w = targetWidth, h = targetHeight;
        if (ratio > target)
            h = Math.Max(1, (int)Math.Round((double)height / width * targetWidth, MidpointRounding.ToEven));
        else if (ratio < target)
            w = Math.Max(1, (int)Math.Round((double)width / height * targetHeight, MidpointRounding.ToEven));
        return new ResizeGeometry(w, h, 0, 0, w, h, HalfToEven(targetWidth - w), HalfToEven(targetHeight - h));
    }

    /// <summary>round(difference / 2) with halves to the even neighbour, as IEEE 754 and Python round.</summary>
    private static int HalfToEven(int difference)
    {
        int half = difference / 2;
        return (difference & 1) == 1 && (half & 1) == 1 ? half + 1 : half;
    }
}
