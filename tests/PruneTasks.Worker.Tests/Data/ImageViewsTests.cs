using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

public class ImageViewsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Views_are_moved_images_with_a_reflected_border(bool channelsFirst)
    {
        // Pixel value = 100 row + column, so that a view tells from where each pixel came.
        const int Size = 20;
        float[] pixels = [.. Enumerable.Range(0, Size * Size).Select(i => (float)((100 * (i / Size)) + (i % Size)))];
        long[] shape = channelsFirst ? [1, 1, Size, Size] : [1, Size, Size, 1];
        CalibrationSet expanded = ImageViews.Expand(Set(shape, pixels, 3), 3, channelsFirst, 10, 7);
        Assert.Equal(10, expanded.Count);
        for (int i = 3; i < 10; i++)
        {
            float[] view = expanded.Samples[i].Inputs[0].ToFloats();
            int middle = (int)view[(10 * Size) + 10], dy = 10 - (middle / 100), dx = 10 - (middle % 100);
            Assert.InRange(dy, -2, 2);
            Assert.InRange(dx, -2, 2);
            for (int at = 0; at < view.Length; at++)
                Assert.Equal((100 * Reflect((at / Size) - dy)) + Reflect((at % Size) - dx), (int)view[at]);
        }

        static int Reflect(int i) => i < 0 ? -i : i >= Size ? (2 * Size) - 2 - i : i;
    }

    [Fact]
    public void Samples_come_first_and_the_seed_decides_the_views()
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * 8 * 8).Select(i => (float)i)];
        CalibrationSet set = Set([1, 3, 8, 8], pixels, 4);
        CalibrationSet a = ImageViews.Expand(set, 4, true, 12, 1), b = ImageViews.Expand(set, 4, true, 12, 1), c = ImageViews.Expand(set, 4, true, 12, 2);
        Assert.Equal(set.Samples, a.Samples.Take(4));
        Assert.Equal(a.ContentHash, b.ContentHash);
        Assert.NotEqual(a.ContentHash, c.ContentHash);
    }

    [Fact]
    public void Only_the_first_samples_are_moved_where_asked_so()
    {
        CalibrationSet expanded = ImageViews.Expand(Set([1, 1, 8, 8], new float[64], 5), 2, true, 11, 1);
        Assert.Equal(["0#1", "1#1", "0#2", "1#2", "0#3", "1#3"], expanded.Samples.Skip(5).Select(s => s.Source));
    }

    [Fact]
    public void Enough_samples_and_other_inputs_stay_as_they_are()
    {
        CalibrationSet images = Set([1, 1, 4, 4], new float[16], 5), vectors = Set([1, 4], new float[4], 5);
        Assert.Same(images, ImageViews.Expand(images, 5, true, 5, 1));
        Assert.Same(vectors, ImageViews.Expand(vectors, 5, true, 50, 1));
    }

    private static CalibrationSet Set(long[] shape, float[] pixels, int count) => new(
        [new ModelInput("x", ElementType.Float32, null)],
        [.. Enumerable.Range(0, count).Select(i => new Sample($"{i}", [TensorData.Of(shape, pixels)], null))]);
}
