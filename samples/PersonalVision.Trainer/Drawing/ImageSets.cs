using System.Globalization;

namespace PersonalVision.Trainer.Drawing;

/// <summary>
/// The committed images: <c>personal</c> and <c>test-personal</c> are one person's few classes, <c>common</c> and
/// <c>test-everyone</c> are many writers' images of all classes. Training, common and test writers are different people.
/// </summary>
internal static class ImageSets
{
    /// <summary>The person whose images the sample is about.</summary>
    public const ulong Person = 0x7000_0000_0000_0051;

    /// <summary>Writers below this number are seen in training; all others are not.</summary>
    public const int TrainingWriters = 20_000;

    private const ulong CommonWriters = 0x1000_0000_0000_0000;
    private const ulong TestWriters = 0x2000_0000_0000_0000;

    /// <summary>The labels that the person uses.</summary>
    public static IReadOnlyList<string> PersonalLabels { get; } = ["2", "5", "7", "8", "A", "K", "S", "Z"];

    /// <summary>Writes all four folders under <paramref name="folder"/>; what they held before is replaced.</summary>
    /// <returns>The number of images written.</returns>
    public static int Write(string folder)
    {
        int[] personal = [.. PersonalLabels.Select(IndexOf)];
        int[] all = [.. Enumerable.Range(0, GlyphTable.Labels.Count)];
        return Write(Path.Combine(folder, "personal"), personal, 20, (_, _) => Person, first: 0)
            + Write(Path.Combine(folder, "test-personal"), personal, 30, (_, _) => Person, first: 1000)
            + Write(Path.Combine(folder, "common"), all, 10, (label, i) => CommonWriters + (ulong)(label * 10 + i), first: 0)
            + Write(Path.Combine(folder, "test-everyone"), all, 20, (label, i) => TestWriters + (ulong)(label * 20 + i), first: 0);
    }

    private static int IndexOf(string label) => GlyphTable.Labels.Index().First(pair => pair.Item == label).Index;

    private static int Write(string folder, int[] labels, int perLabel, Func<int, int, ulong> writer, ulong first)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var pixels = new byte[Painter.Pixels];
        foreach (var label in labels)
        {
            var place = Directory.CreateDirectory(Path.Combine(folder, GlyphTable.Labels[label])).FullName;
            for (var i = 0; i < perLabel; i++)
            {
                Painter.Draw(Writer.Of(writer(label, i)), label, first + (ulong)i, pixels);
                var name = i.ToString("00", CultureInfo.InvariantCulture) + ".png";
                File.WriteAllBytes(Path.Combine(place, name), PngWriter.Encode(pixels, Painter.Side, Painter.Side));
            }
        }

        return labels.Length * perLabel;
    }
}
