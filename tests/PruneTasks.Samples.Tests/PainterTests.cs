using PersonalVision.Trainer.Drawing;
using StbImageSharp;

namespace PruneTasks.Samples.Tests;

public sealed class PainterTests
{
    [Fact]
    public void Committed_images_are_what_the_painter_draws()
    {
        var committed = Path.Combine(Repository(), "samples", "PersonalVision", "data");
        var drawn = Directory.CreateTempSubdirectory("glyphs");
        try
        {
            var count = ImageSets.Write(drawn.FullName);
            Assert.Equal(Names(committed), Names(drawn.FullName));
            Assert.Equal(count, Names(committed).Length);
            foreach (var name in Names(committed))
            {
                var (expected, actual) = (Decode(Path.Combine(committed, name)), Decode(Path.Combine(drawn.FullName, name)));
                // Sine is not the same to the last bit on every processor, so a pixel may round the other way.
                Assert.True(expected.Zip(actual).All(pair => Math.Abs(pair.First - pair.Second) <= 1), name);
            }
        }
        finally
        {
            drawn.Delete(recursive: true);
        }
    }

    [Fact]
    public void Another_image_of_a_class_by_the_same_writer_has_other_pixels() =>
        Assert.NotEqual(Draw(writer: 7, label: 3, sample: 0), Draw(writer: 7, label: 3, sample: 1));

    [Fact]
    public void Every_class_leaves_ink_in_every_spelling()
    {
        Assert.Equal(36, GlyphTable.Labels.Distinct().Count());
        for (var label = 0; label < GlyphTable.Labels.Count; label++)
        {
            for (var writer = 0UL; writer < 12; writer++)
            {
                var pixels = Draw(writer, label, sample: 0);
                var (darkest, mean) = (pixels.Min(), pixels.Average(pixel => (double)pixel));
                Assert.True(mean - darkest > 40, $"class {GlyphTable.Labels[label]}, writer {writer}: darkest {darkest}, mean {mean:F0}");
            }
        }
    }

    [Fact]
    public void Png_files_hold_the_pixels_that_were_drawn()
    {
        var pixels = Draw(writer: 5, label: 11, sample: 2);
        var image = ImageResult.FromMemory(PngWriter.Encode(pixels, Painter.Side, Painter.Side), ColorComponents.Grey);
        Assert.Equal((Painter.Side, Painter.Side), (image.Width, image.Height));
        Assert.Equal(pixels, image.Data);
    }

    private static byte[] Draw(ulong writer, int label, ulong sample)
    {
        var pixels = new byte[Painter.Pixels];
        Painter.Draw(Writer.Of(writer), label, sample, pixels);
        return pixels;
    }

    private static byte[] Decode(string file) => ImageResult.FromMemory(File.ReadAllBytes(file), ColorComponents.Grey).Data;

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.png", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "PruneTasks.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the repository");
        return folder;
    }
}
