using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>
/// Label-free views of images: each is moved by up to a tenth of its size, its border reflected. More views steady the regressions of the
/// build; what a picture shows does not change by such a move, whatever the task is. Half of the views are mirrored left to right where that is said to be natural.
/// </summary>
internal static class ImageViews
{
    /// <summary>Most views of one image.</summary>
    private const int PerImage = 8;

    /// <summary>Most memory that all views may take, in bytes.</summary>
    private const long MemoryLimit = 256L << 20;

    /// <summary>The samples, and after them moved views of the first <paramref name="moved"/> of them in turn.</summary>
    /// <param name="set">Samples of one image input.</param>
    /// <param name="moved">How many samples, from the first, get views. Those of the app's own data do: so they weigh more than everyone's.</param>
    /// <param name="channelsFirst">Layout [1, C, H, W]; else [1, H, W, C].</param>
    /// <param name="target">Wanted number of samples and views together.</param>
    /// <param name="seed">Of the random moves.</param>
    /// <param name="flip">Every second view, at random, is mirrored left to right.</param>
    /// <returns><paramref name="set"/> itself where nothing is to be added.</returns>
    public static CalibrationSet Expand(CalibrationSet set, int moved, bool channelsFirst, int target, int seed, bool flip = false)
    {
        if (moved == 0 || set.Inputs.Count != 1 || set.Samples[0].Inputs[0].Shape.Count != 4) return set;
        long fits = MemoryLimit / Math.Max(1, set.Samples[0].Inputs[0].Bytes.Length);
        int total = (int)Math.Min(Math.Min(target, fits), set.Count + ((PerImage - 1L) * moved));
        if (total <= set.Count) return set;
        Random random = new(seed);
        List<Sample> samples = [.. set.Samples];
        for (int i = 0; samples.Count < total; i++)
        {
            Sample source = set.Samples[i % moved];
            TensorData image = flip && random.Next(2) == 1 ? Mirror(source.Inputs[0], channelsFirst) : source.Inputs[0];
            samples.Add(source with { IsView = true, Source = $"{source.Source}#{(i / moved) + 1}", Inputs = [Move(image, channelsFirst, random)] });
        }
        return new CalibrationSet(set.Inputs, samples);
    }

    /// <summary>The image mirrored left to right.</summary>
    public static TensorData Mirror(TensorData image, bool channelsFirst) => Pick(image, channelsFirst, (_, width, y, x) => (y, width - 1 - x));

    /// <summary>One moved view.</summary>
    public static TensorData Move(TensorData image, bool channelsFirst, Random random)
    {
        (int h, int w) = channelsFirst ? (2, 3) : (1, 2);
        int dy = Shift((int)image.Shape[h], random), dx = Shift((int)image.Shape[w], random);
        return Pick(image, channelsFirst, (height, width, y, x) => (Reflect(y - dy, height), Reflect(x - dx, width)));
    }

    /// <summary>An image of the same size; <paramref name="from"/> says for (height, width, y, x) which pixel goes there.</summary>
    private static TensorData Pick(TensorData image, bool channelsFirst, Func<int, int, int, int, (int Y, int X)> from)
    {
        (int h, int w) = channelsFirst ? (2, 3) : (1, 2);
        int height = (int)image.Shape[h], width = (int)image.Shape[w];
        int unit = TensorData.SizeOf(image.Type)!.Value * (channelsFirst ? 1 : (int)image.Shape[3]);
        int planes = channelsFirst ? (int)image.Shape[1] : 1;
        var bytes = new byte[image.Bytes.Length];
        ReadOnlySpan<byte> source = image.Bytes.Span;
        for (int at = 0; at < planes * height * width; at++)
        {
            int plane = at / (height * width), y = at / width % height, x = at % width;
            (int fromY, int fromX) = from(height, width, y, x);
            source.Slice(((((plane * height) + fromY) * width) + fromX) * unit, unit).CopyTo(bytes.AsSpan(at * unit));
        }
        return new TensorData(image.Type, image.Shape, bytes);
    }

    private static int Shift(int size, Random random)
    {
        int most = Math.Min(size - 1, Math.Max(1, size / 10));
        return random.Next(-most, most + 1);
    }

    /// <summary>Mirrors a coordinate that lies outside at the border pixel.</summary>
    private static int Reflect(int i, int size) => i < 0 ? -i : i >= size ? (2 * size) - 2 - i : i;
}
