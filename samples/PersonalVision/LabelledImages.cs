using StbImageSharp;

namespace PersonalVision;

/// <summary>A folder of grey 32 x 32 PNG images; the name of an image's own folder is its label.</summary>
/// <param name="Pixels">One image per entry, row by row, 0 = black.</param>
/// <param name="Classes">The class index of each image.</param>
internal sealed record LabelledImages(IReadOnlyList<byte[]> Pixels, IReadOnlyList<int> Classes)
{
    public const int Side = 32;

    public int Count => Pixels.Count;

    /// <summary>Reads all images under a folder, in the order of their names.</summary>
    /// <exception cref="InvalidDataException">An image has another size, its folder is no label, or there is none.</exception>
    public static LabelledImages Read(string folder, string[] labels)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new InvalidDataException($"no images in {folder}");
        return new LabelledImages([.. files.Select(Decode)], [.. files.Select(file => ClassOf(file, labels))]);
    }

    private static byte[] Decode(string file)
    {
        var image = ImageResult.FromMemory(File.ReadAllBytes(file), ColorComponents.Grey);
        return image is { Width: Side, Height: Side } ? image.Data : throw new InvalidDataException($"{file} is not {Side} x {Side}");
    }

    private static int ClassOf(string file, string[] labels)
    {
        var label = Path.GetFileName(Path.GetDirectoryName(file));
        var index = Array.IndexOf(labels, label);
        return index >= 0 ? index : throw new InvalidDataException($"{file}: '{label}' is not in labels.txt");
    }
}
