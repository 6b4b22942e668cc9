using PersonalVision.Trainer.Drawing;
using static TorchSharp.torch;

namespace PersonalVision.Trainer.Training;

/// <summary>Freshly drawn images as tensors. Pixel p becomes (p / 255 - 0.5) / 0.25, as the sample's spec says.</summary>
internal static class GlyphBatches
{
    public const float Mean = 0.5f;
    public const float Deviation = 0.25f;

    private const ulong HeldBackWriters = 0x3000_0000_0000_0000;

    /// <summary>Training batch number <paramref name="step"/>: a random class by a random training writer in each place.</summary>
    public static (float[] Pixels, long[] Labels) Training(ulong seed, int step, int size) => Draw(size, i =>
    {
        var dice = Dice.Of(0x7B, seed, (ulong)step, (ulong)i);
        var writer = Writer.Of((ulong)dice.Below(ImageSets.TrainingWriters));
        return (writer, dice.Below(GlyphTable.Labels.Count), Dice: dice);
    });

    /// <summary>Images of all classes in turn, each by another writer whom training has not seen.</summary>
    public static (float[] Pixels, long[] Labels) HeldBack(int size) => Draw(size, i =>
        (Writer.Of(HeldBackWriters + (ulong)i), i % GlyphTable.Labels.Count, new Dice((ulong)i)));

    /// <summary>A drawn batch as [batch, 1, 32, 32] and [batch].</summary>
    public static (Tensor Pixels, Tensor Labels) ToTensors((float[] Pixels, long[] Labels) batch) =>
        (tensor(batch.Pixels, [batch.Labels.Length, 1, Painter.Side, Painter.Side]), tensor(batch.Labels));

    private static (float[] Pixels, long[] Labels) Draw(int size, Func<int, (Writer Writer, int Label, Dice Dice)> choose)
    {
        var pixels = new float[size * Painter.Pixels];
        var labels = new long[size];
        Span<byte> image = stackalloc byte[Painter.Pixels];
        for (var i = 0; i < size; i++)
        {
            var (writer, label, dice) = choose(i);
            Painter.Draw(writer, label, (ulong)dice.Below(int.MaxValue), image);
            labels[i] = label;
            for (var p = 0; p < Painter.Pixels; p++)
                pixels[i * Painter.Pixels + p] = (image[p] / 255f - Mean) / Deviation;
        }

        return (pixels, labels);
    }
}
