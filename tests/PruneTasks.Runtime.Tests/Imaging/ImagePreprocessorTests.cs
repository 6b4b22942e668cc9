using PruneTasks.Imaging;
using PruneTasks.Tests;

namespace PruneTasks.Runtime.Tests.Imaging;

public sealed class ImagePreprocessorTests
{
    private static readonly ImageSettings Two = new() { Width = 2, Height = 1, Scale = 1, Resize = ImageResize.None };

    [Theory]
    [InlineData(PixelFormat.Rgb24, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(PixelFormat.Bgr24, new byte[] { 3, 2, 1, 6, 5, 4 })]
    [InlineData(PixelFormat.Rgba32, new byte[] { 1, 2, 3, 99, 4, 5, 6, 0 })]
    [InlineData(PixelFormat.Bgra32, new byte[] { 3, 2, 1, 99, 6, 5, 4, 0 })]
    public void Every_pixel_format_gives_the_same_planes(PixelFormat format, byte[] pixels)
    {
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], Run(Two, pixels, 2, 1, format));
        Assert.Equal([3f, 6f, 2f, 5f, 1f, 4f], Run(Two with { Color = ImageColor.Bgr }, pixels, 2, 1, format));
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], Run(Two with { Layout = ImageLayout.Nhwc }, pixels, 2, 1, format));
        Assert.Equal([3f, 2f, 1f, 6f, 5f, 4f], Run(Two with { Layout = ImageLayout.Nhwc, Color = ImageColor.Bgr }, pixels, 2, 1, format));
    }

    [Fact]
    public void Gray_is_rounded_601_luma()
    {
        // 0.299·255 = 76.2, 0.587·255 = 149.7, 0.114·255 = 29.1
        byte[] pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
        ImageSettings gray = Two with { Width = 4, Color = ImageColor.Gray };
        Assert.Equal([76f, 150f, 29f, 255f], Run(gray, pixels, 4, 1, PixelFormat.Rgb24));
    }

    [Fact]
    public void A_gray_source_fills_all_three_channels()
    {
        Assert.Equal([7f, 9f, 7f, 9f, 7f, 9f], Run(Two, [7, 9], 2, 1, PixelFormat.Gray8));
    }

    [Fact]
    public void Mean_and_std_apply_after_scale_to_the_channel_of_the_tensor()
    {
        ImageSettings settings = Two with { Width = 1, Color = ImageColor.Bgr, Scale = 1.0 / 255, Mean = [0.5, 0.25, 0], Std = [0.5, 0.25, 2] };
        float[] actual = Run(settings, [255, 51, 0], 1, 1, PixelFormat.Rgb24);
        Assert.Equal([-1f, -0.2f, 0.5f], actual.Select(value => MathF.Round(value, 6)));
    }

    [Fact]
    public void Rows_are_found_by_stride_and_padding_is_not_read()
    {
        ImageSettings settings = Two with { Width = 1, Height = 2, Color = ImageColor.Gray };
        Assert.Equal([5f, 6f], Run(settings, [5, 200, 200, 6], 1, 2, PixelFormat.Gray8, stride: 3));
    }

    [Theory]
    [InlineData(640, 480, 224, 224, 298, 224, 37, 0)]   // 640·224/480 = 298.67; (298 - 224) / 2 = 37
    [InlineData(480, 640, 224, 224, 224, 298, 0, 37)]
    [InlineData(33, 32, 32, 32, 33, 32, 0, 0)]          // half of 1 rounds to 0
    [InlineData(35, 32, 32, 32, 35, 32, 2, 0)]          // half of 3 rounds to 2
    [InlineData(100, 100, 20, 10, 20, 20, 0, 5)]
    [InlineData(32, 32, 32, 32, 32, 32, 0, 0)]
    public void Shortest_edge_covers_the_target_and_crops_its_middle(
        int width, int height, int toWidth, int toHeight, int w, int h, int left, int top)
    {
        ImageSettings settings = new() { Width = toWidth, Height = toHeight };
        Assert.Equal(new ResizeGeometry(w, h, left, top, toWidth, toHeight), ResizeGeometry.Fit(width, height, settings));
    }

    [Theory]
    [InlineData(640, 480, 224, 224, 224, 168, 0, 28)]
    [InlineData(480, 640, 224, 224, 168, 224, 28, 0)]
    [InlineData(100, 33, 10, 10, 10, 3, 0, 4)]          // 3.3 rounds to 3; half of 7 rounds to 4
    [InlineData(100, 45, 10, 10, 10, 4, 0, 3)]          // 4.5 rounds to 4
    [InlineData(1000, 1, 8, 8, 8, 1, 0, 4)]             // never below one pixel; half of 7
    [InlineData(20, 10, 40, 20, 40, 20, 0, 0)]
    [InlineData(7, 7, 7, 7, 7, 7, 0, 0)]
    public void Letterbox_fits_the_whole_image_in_the_middle(int width, int height, int toWidth, int toHeight, int w, int h, int left, int top)
    {
        ImageSettings settings = new() { Width = toWidth, Height = toHeight, Resize = ImageResize.Letterbox };
        Assert.Equal(new ResizeGeometry(w, h, 0, 0, w, h, left, top), ResizeGeometry.Fit(width, height, settings));
    }

    [Fact]
    public void Bars_have_the_level_of_pad_in_every_channel_and_what_lies_between_is_the_resized_image()
    {
        byte[] pixels = new byte[8 * 4 * 3];
        new Random(9).NextBytes(pixels);
        ImageSettings bars = new() { Width = 6, Height = 5, Scale = 1, Mean = [0, 1, 2], Layout = ImageLayout.Nhwc, Resize = ImageResize.Letterbox, Pad = 114 };
        float[] actual = Run(bars, pixels, 8, 4, PixelFormat.Rgb24);
        float[] middle = Run(bars with { Height = 3, Resize = ImageResize.Stretch }, pixels, 8, 4, PixelFormat.Rgb24);
        float[] bar = [.. Enumerable.Range(0, 6 * 3).Select(i => 114f - (i % 3))];
        Assert.Equal([.. bar, .. middle, .. bar], actual);

        // The same on the sides, without resampling.
        float[] tall = Run(bars with { Width = 12, Height = 4 }, pixels, 8, 4, PixelFormat.Rgb24);
        Assert.Equal([114, 113, 112, 114, 113, 112, pixels[0], pixels[1] - 1f, pixels[2] - 2f], tall.AsSpan(0, 9).ToArray());
        Assert.Equal([pixels[^3], pixels[^2] - 1f, pixels[^1] - 2f, 114, 113, 112, 114, 113, 112], tall.AsSpan(tall.Length - 9).ToArray());
    }

    [Theory]
    [InlineData(ImageInterpolation.Nearest)]
    [InlineData(ImageInterpolation.Bilinear)]
    [InlineData(ImageInterpolation.Lanczos)]
    public void The_cropped_window_equals_the_middle_of_the_whole_resized_image(ImageInterpolation interpolation)
    {
        byte[] pixels = new byte[60 * 20 * 3];
        new Random(3).NextBytes(pixels);
        ImageSettings window = new() { Width = 10, Height = 10, Scale = 1, Layout = ImageLayout.Nhwc, Interpolation = interpolation };
        ImageSettings whole = window with { Width = 30, Resize = ImageResize.Stretch };
        float[] all = Run(whole, pixels, 60, 20, PixelFormat.Rgb24);
        float[] part = Run(window, pixels, 60, 20, PixelFormat.Rgb24);
        for (int y = 0; y < 10; y++)
            Assert.Equal(all.AsSpan(((y * 30) + 10) * 3, 30).ToArray(), part.AsSpan(y * 30, 30).ToArray());
    }

    [Fact]
    public void Colour_channels_are_resized_independently()
    {
        byte[] red = new byte[30 * 20], pixels = new byte[30 * 20 * 3];
        new Random(5).NextBytes(pixels);
        for (int i = 0; i < red.Length; i++)
            red[i] = pixels[3 * i];
        ImageSettings settings = new() { Width = 12, Height = 12, Interpolation = ImageInterpolation.Bicubic };
        float[] colour = Run(settings, pixels, 30, 20, PixelFormat.Rgb24);
        float[] gray = Run(settings with { Color = ImageColor.Gray }, red, 30, 20, PixelFormat.Gray8);
        Assert.Equal(gray, colour.AsSpan(0, 144).ToArray());
    }

    [Fact]
    public void Half_precision_and_bytes_are_written_directly()
    {
        ImagePreprocessor<Half> half = new(Two with { Scale = 1.0 / 255, Color = ImageColor.Gray });
        Half[] values = new Half[2];
        half.Run([0, 255], 2, 1, 2, PixelFormat.Gray8, values);
        Assert.Equal([(Half)0, (Half)1], values);
        ImagePreprocessor<sbyte> signed = new(Two with { Mean = [128], Color = ImageColor.Gray });
        sbyte[] bytes = new sbyte[2];
        signed.Run([0, 255], 2, 1, 2, PixelFormat.Gray8, bytes);
        Assert.Equal([(sbyte)-128, (sbyte)127], bytes);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused_with_the_numbers()
    {
        Assert.Contains("3x1", Assert.Throws<ArgumentException>(
            () => Run(Two with { Crop = ImageCrop.None }, new byte[9], 3, 1, PixelFormat.Rgb24)).Message);
        Assert.Contains("needs 6", Assert.Throws<ArgumentException>(() => Run(Two, new byte[5], 2, 1, PixelFormat.Rgb24)).Message);
        Assert.Contains("stride", Assert.Throws<ArgumentException>(() => Run(Two, new byte[9], 2, 1, PixelFormat.Rgb24, stride: 5)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(Two, new byte[9], 0, 1, PixelFormat.Rgb24));
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(Two, new byte[9], 2, 1, (PixelFormat)9));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor<float>(Two with { Std = [1, 0, 1] }));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor<float>(Two with { Mean = [1, 0] }));
    }

    [Theory]
    [InlineData(ImageResize.None)]
    [InlineData(ImageResize.Stretch)]
    [InlineData(ImageResize.ShortestEdge)]
    [InlineData(ImageResize.Letterbox)]
    public void Nothing_is_allocated_after_the_first_image(ImageResize resize)
    {
        ImagePreprocessor<float> preprocessor = new(new ImageSettings { Width = 32, Height = 32, Resize = resize, Interpolation = ImageInterpolation.Bicubic });
        byte[] pixels = new byte[64 * 48 * 3];
        float[] tensor = new float[preprocessor.ElementCount];
        preprocessor.Run(pixels, 64, 48, 64 * 3, PixelFormat.Rgb24, tensor);
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 100; i++)
                preprocessor.Run(pixels, 64, 48, 64 * 3, PixelFormat.Rgb24, tensor);
        }));
    }

    private static float[] Run(ImageSettings settings, byte[] pixels, int width, int height, PixelFormat format, int? stride = null)
    {
        ImagePreprocessor<float> preprocessor = new(settings);
        float[] tensor = new float[preprocessor.ElementCount];
        int bytesPerPixel = format switch { PixelFormat.Gray8 => 1, PixelFormat.Rgba32 or PixelFormat.Bgra32 => 4, _ => 3 };
        preprocessor.Run(pixels, width, height, stride ?? width * bytesPerPixel, format, tensor);
        return tensor;
    }
}
