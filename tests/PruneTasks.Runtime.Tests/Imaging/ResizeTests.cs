using System.Globalization;
using PruneTasks.Imaging;

namespace PruneTasks.Runtime.Tests.Imaging;

public sealed class ResizeTests
{
    private static readonly ImageInterpolation[] Kernels =
        [ImageInterpolation.Box, ImageInterpolation.Bilinear, ImageInterpolation.Hamming, ImageInterpolation.Bicubic, ImageInterpolation.Lanczos];

    /// <summary>
    /// Pillow's own published expectations for its kernels (Tests/test_image_resample.py): a checkerboard of four squares with
    /// 0xe1 at the top left and 0x1e beside it; given is the top left quarter of the result, the rest follows by symmetry.
    /// </summary>
    [Theory]
    [InlineData(8, 4, ImageInterpolation.Box, "e1 e1 e1 e1")]
    [InlineData(8, 4, ImageInterpolation.Bilinear, "e1 c9 c9 b7")]
    [InlineData(8, 4, ImageInterpolation.Hamming, "e1 da da d3")]
    [InlineData(12, 6, ImageInterpolation.Bicubic, "e1 e3 d4 e3 e5 d6 d4 d6 c9")]
    [InlineData(16, 8, ImageInterpolation.Lanczos, "e1 e0 e4 d7 e0 df e3 d6 e4 e3 e7 da d7 d6 d9 ce")]
    [InlineData(2, 4, ImageInterpolation.Box, "e1 e1 e1 e1")]
    [InlineData(2, 4, ImageInterpolation.Bilinear, "e1 b0 b0 98")]
    [InlineData(2, 4, ImageInterpolation.Hamming, "e1 d2 d2 c5")]
    [InlineData(4, 8, ImageInterpolation.Bicubic, "e1 e5 ee b9 e5 e9 f3 bc ee f3 fd c1 b9 bc c1 a2")]
    [InlineData(6, 12, ImageInterpolation.Lanczos,
        "e1 e0 db ed f5 b8 e0 df da ec f3 b7 db db d6 e7 ee b5 ed ec e6 fb ff bf f5 f4 ee ff ff c4 b8 b7 b4 bf c4 a0")]
    public void Kernels_give_exactly_the_published_values(int from, int to, ImageInterpolation kernel, string quarter)
    {
        byte[,] board = new byte[from, from];
        for (int i = 0; i < from * from; i++)
            board[i / from, i % from] = (byte)(i / from < from / 2 == i % from < from / 2 ? 0xe1 : 0x1e);
        byte[] expected = [.. quarter.Split(' ').Select(hex => byte.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        byte[,] actual = Resize(board, to, to, kernel);
        for (int y = 0; y < to; y++)
        {
            for (int x = 0; x < to; x++)
            {
                byte inQuarter = expected[(Math.Min(y, to - 1 - y) * to / 2) + Math.Min(x, to - 1 - x)];
                Assert.Equal(y < to / 2 == x < to / 2 ? inQuarter : 255 - inQuarter, actual[y, x]);
            }
        }
    }

    /// <summary>Golden/make_golden.py, which shares no code with this repository, says what the published definition gives.</summary>
    [Fact]
    public void Golden_images_of_an_independent_program_are_met_within_one_level()
    {
        using StreamReader lines = new(typeof(ResizeTests).Assembly.GetManifestResourceStream("resize.txt")!);
        int images = 0, pixels = 0, different = 0;
        while (lines.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ');
            int[] sizes = [.. parts[1].Split('x').Concat(parts[2].Split('x')).Select(int.Parse)];
            byte[,] image = new byte[sizes[1], sizes[0]];
            for (int y = 0; y < sizes[1]; y++)
            {
                for (int x = 0; x < sizes[0]; x++)
                    image[y, x] = (byte)(((x / 3) + (y / 4)) % 3 != 0 ? ((x * x * 7) + (y * 13) + (x * y * 3)) % 256 : (x + y) % 5 < 2 ? 255 : 0);
            }
            byte[] expected = Convert.FromHexString(parts[3]);
            byte[] actual = [.. Resize(image, sizes[2], sizes[3], Enum.Parse<ImageInterpolation>(parts[0])).Cast<byte>()];
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < actual.Length; i++)
                Assert.InRange(actual[i] - expected[i], -1, 1);
            different += actual.Where((value, i) => value != expected[i]).Count();
            pixels += actual.Length;
            images++;
        }
        Assert.Equal(40, images);
        // Another sine may round a weight the other way: not one pixel in a thousand.
        Assert.InRange(different, 0, pixels / 1000);
    }

    [Fact]
    public void Reducing_four_pixels_to_two_weighs_the_three_within_reach()
    {
        // Scale 2, reach 2: the first destination pixel sees pixels 0, 1, 2 at distances 1/4, 1/4, 3/4: weights 3/7, 3/7, 1/7.
        Assert.Equal(new byte[,] { { 50, 160 } }, Resize(new byte[,] { { 0, 70, 140, 210 } }, 2, 1, ImageInterpolation.Bilinear));
    }

    [Fact]
    public void Enlarging_two_pixels_to_four_by_triangles_mixes_at_quarters()
    {
        Assert.Equal(new byte[,] { { 0, 25, 75, 100 } }, Resize(new byte[,] { { 0, 100 } }, 4, 1, ImageInterpolation.Bilinear));
    }

    [Theory]
    [InlineData(5, 3, new byte[] { 0, 2, 4 })]
    [InlineData(3, 5, new byte[] { 0, 0, 1, 2, 2 })]
    [InlineData(4, 2, new byte[] { 1, 3 })]
    public void Nearest_takes_the_pixel_under_the_centre(int from, int to, byte[] expected)
    {
        byte[,] row = new byte[1, from];
        for (int i = 0; i < from; i++)
            row[0, i] = (byte)i;
        Assert.Equal(expected, Resize(row, to, 1, ImageInterpolation.Nearest).Cast<byte>());
    }

    [Theory]
    [InlineData(37, 23, 16, 16)]
    [InlineData(8, 8, 32, 32)]
    [InlineData(100, 7, 9, 70)]
    [InlineData(64, 48, 64, 20)]
    [InlineData(1, 1, 5, 4)]
    public void Any_size_agrees_with_the_reference_in_double_within_one_level(int width, int height, int toWidth, int toHeight)
    {
        Random random = new(7);
        byte[,] image = new byte[height, width];
        for (int i = 0; i < width * height; i++)
            image[i / width, i % width] = (byte)random.Next(256);
        foreach (ImageInterpolation kernel in Kernels)
        {
            byte[,] expected = ReferenceResize.Gray(image, toWidth, toHeight, kernel);
            byte[,] actual = Resize(image, toWidth, toHeight, kernel);
            int different = 0;
            for (int y = 0; y < toHeight; y++)
            {
                for (int x = 0; x < toWidth; x++)
                {
                    Assert.InRange(actual[y, x], expected[y, x] - 1, expected[y, x] + 1);
                    different += actual[y, x] == expected[y, x] ? 0 : 1;
                }
            }
            // Fixed point may fall on the other side of a half (common where the weights are multiples of 1/20), but not as a rule.
            Assert.InRange(different, 0, toWidth * toHeight / 10);
        }
    }

    [Theory]
    [InlineData(ImageInterpolation.Box)]
    [InlineData(ImageInterpolation.Bilinear)]
    [InlineData(ImageInterpolation.Hamming)]
    [InlineData(ImageInterpolation.Bicubic)]
    [InlineData(ImageInterpolation.Lanczos)]
    public void A_constant_image_stays_constant(ImageInterpolation kernel)
    {
        foreach (byte level in new byte[] { 0, 12, 64, 255 })
        {
            byte[,] image = new byte[9, 512];
            for (int i = 0; i < 9 * 512; i++)
                image[i / 512, i % 512] = level;
            Assert.All(Resize(image, 9, 512, kernel).Cast<byte>(), value => Assert.Equal(level, value));
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(1.0)]
    [InlineData(1.7)]
    [InlineData(2.9)]
    [InlineData(3.0)]
    public void Kernels_equal_their_closed_forms_on_both_sides(double x)
    {
        foreach (ImageInterpolation kernel in Kernels)
        {
            Assert.Equal(ReferenceResize.Weight(kernel, x), ResizeWeights.Kernel(kernel, x), 12);
            Assert.Equal(ReferenceResize.Weight(kernel, x), ResizeWeights.Kernel(kernel, -x), 12);
        }
    }

    private static byte[,] Resize(byte[,] image, int width, int height, ImageInterpolation kernel)
    {
        ImagePreprocessor<byte> preprocessor = new(new ImageSettings
        {
            Width = width, Height = height, Color = ImageColor.Gray, Scale = 1, Resize = ImageResize.Stretch, Interpolation = kernel,
        });
        byte[] result = new byte[width * height];
        int sourceWidth = image.GetLength(1);
        preprocessor.Run([.. image.Cast<byte>()], sourceWidth, image.GetLength(0), sourceWidth, PixelFormat.Gray8, result);
        byte[,] resized = new byte[height, width];
        Buffer.BlockCopy(result, 0, resized, 0, result.Length);
        return resized;
    }
}
