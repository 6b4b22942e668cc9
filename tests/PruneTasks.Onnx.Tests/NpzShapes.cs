using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace PruneTasks.Onnx.Tests;

/// <summary>Shapes of the arrays in an .npz file (NumPy, "lib.format", versions 1 and 2), by name.</summary>
internal static partial class NpzShapes
{
    public static Dictionary<string, IReadOnlyList<long>> Read(string path)
    {
        var result = new Dictionary<string, IReadOnlyList<long>>(StringComparer.Ordinal);
        using ZipArchive zip = ZipFile.OpenRead(path);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using Stream stream = entry.Open();
            var head = new byte[256];
            string text = Encoding.Latin1.GetString(head, 0, stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
            string shape = ShapePattern().Match(text).Groups[1].Value;
            result.Add(
                Path.GetFileNameWithoutExtension(entry.Name),
                [.. shape.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)]);
        }
        return result;
    }

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex ShapePattern();
}
