using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

public class ViewsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mirror_image_is_mirrored_left_to_right(bool channelsFirst)
    {
        TensorData image = channelsFirst ? TensorData.Of([1, 2, 2, 3], 1f, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60) : TensorData.Of([1, 2, 3, 2], 1f, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60);
        float[] wanted = channelsFirst ? [3, 2, 1, 6, 5, 4, 30, 20, 10, 60, 50, 40] : [3, 30, 2, 20, 1, 10, 6, 60, 5, 50, 4, 40];
        Assert.Equal(wanted, ImageViews.Mirror(image, channelsFirst).ToFloats());
    }

    [Fact]
    public void About_half_of_the_views_are_mirrored_where_asked_so()
    {
        float[] ramp = [.. Enumerable.Range(0, 400).Select(i => (float)(i % 20))];
        CalibrationSet set = Images(ramp, 40);
        int mirrored = Mirrored(ImageViews.Expand(set, 40, true, 240, 3, flip: true));
        Assert.InRange(mirrored, 70, 130);
        Assert.Equal(0, Mirrored(ImageViews.Expand(set, 40, true, 240, 3)));

        static int Mirrored(CalibrationSet views) => views.Samples.Skip(40).Count(s => s.Inputs[0].ToFloats() is var f && f[215] < f[210]);
    }

    [Fact]
    public void Windows_are_contiguous_keep_a_shared_first_token_and_cut_all_inputs_alike()
    {
        CalibrationSet set = Texts(4, 40, first: 7, inputs: 2);
        CalibrationSet views = TokenWindows.Expand(set, 4, 20, 1);
        Assert.Equal(20, views.Count);
        Assert.Equal(set.Samples, views.Samples.Take(4));
        foreach (Sample view in views.Samples.Skip(4))
        {
            long[] ids = view.Inputs[0].ToInt64s(), other = view.Inputs[1].ToInt64s();
            Assert.Contains(ids.Length, new[] { 30, 20 });
            Assert.Equal(7, ids[0]);
            Assert.Equal(Enumerable.Range((int)ids[1], ids.Length - 1).Select(i => (long)i), ids.Skip(1));
            Assert.Equal(ids.Select(i => i + 1000), other);
        }
        // Longer ones first, so that batches are of one length.
        Assert.Equal(2, views.Samples.Skip(4).Select(v => v.Inputs[0].Shape[1]).Aggregate((Runs: 1, Last: 30L), (a, l) => (l == a.Last ? a.Runs : a.Runs + 1, l)).Runs);
        Assert.Equal(views.ContentHash, TokenWindows.Expand(set, 4, 20, 1).ContentHash);
    }

    [Fact]
    public void Windows_need_an_open_number_of_tokens_and_long_texts()
    {
        CalibrationSet fixedLength = new([new ModelInput("ids", ElementType.Int64, [new(null, "n"), new(40, null)])], Texts(4, 40, 7, 1).Samples);
        Assert.False(TokenWindows.Fits(fixedLength));
        CalibrationSet small = Texts(4, 12, 7, 1);
        Assert.Same(small, TokenWindows.Expand(small, 4, 100, 1));
        Assert.False(TokenWindows.Fits(Images(new float[400], 2)));
    }

    [Fact]
    public void A_signal_is_moved_in_time_and_a_row_of_features_is_not()
    {
        float[] ramp = [.. Enumerable.Range(0, 2000).Select(i => (float)i)];
        CalibrationSet views = SignalViews.Expand(Signals(ramp, 3), 3, 9, 5);
        Assert.Equal(9, views.Count);
        foreach (Sample view in views.Samples.Skip(3))
        {
            float[] values = view.Inputs[0].ToFloats();
            float by = 1000 - values[1000];
            Assert.InRange(by, -100, 100);
            Assert.Equal(Enumerable.Range(200, 1600).Select(i => i - by), values[200..1800]);
        }
        CalibrationSet features = Signals(ramp[..40], 3);
        Assert.Same(features, SignalViews.Expand(features, 3, 9, 5));
    }

    private static CalibrationSet Images(float[] pixels, int count) => Set(ElementType.Float32, [null, 1, 20, 20], count, _ => [TensorData.Of([1, 1, 20, 20], pixels)]);

    private static CalibrationSet Signals(float[] values, int count) => Set(ElementType.Float32, [null, null], count, _ => [TensorData.Of([1, values.Length], values)]);

    private static CalibrationSet Texts(int count, int tokens, long first, int inputs) => Set(ElementType.Int64, [null, null], count, text =>
    [
        .. Enumerable.Range(0, inputs).Select(k => TensorData.Of([1, tokens], [.. Enumerable.Range(0, tokens).Select(i => (k * 1000) + (i == 0 ? first : (100L * (text + 1)) + i))])),
    ], inputs);

    private static CalibrationSet Set(ElementType type, long?[] shape, int count, Func<int, TensorData[]> inputs, int number = 1) => new(
        [.. Enumerable.Range(0, number).Select(k => new ModelInput($"x{k}", type, [.. shape.Select(size => new Axis(size, null))]))],
        [.. Enumerable.Range(0, count).Select(i => new Sample($"{i}", inputs(i), null))]);
}
