using System.IO.Compression;
using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>Reads NumPy's <c>.npz</c> files: a zip archive with one <c>.npy</c> file for each array.</summary>
internal static class NpzReader
{
    /// <summary>The arrays by name (without <c>.npy</c>), in the archive's order.</summary>
    /// <exception cref="InvalidDataException">Not such a file; the message names the array.</exception>
    public static IReadOnlyList<KeyValuePair<string, TensorData>> Read(Stream file)
    {
        using ZipArchive archive = Open(file);
        List<KeyValuePair<string, TensorData>> arrays = [];
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            if (!entry.FullName.EndsWith(".npy", StringComparison.OrdinalIgnoreCase)) continue;
            string name = entry.FullName[..^4];
            try
            {
                using Stream content = entry.Open();
                using var buffer = new MemoryStream();
                content.CopyTo(buffer);
                arrays.Add(new(name, NpyReader.Read(buffer.GetBuffer().AsSpan(0, (int)buffer.Length))));
            }
            catch (InvalidDataException problem)
            {
                throw new InvalidDataException($"array '{name}': {problem.Message}", problem);
            }
        }
        return arrays.Count > 0 ? arrays : throw new InvalidDataException("the archive holds no array");
    }

    private static ZipArchive Open(Stream file)
    {
        try
        {
            return new ZipArchive(file, ZipArchiveMode.Read);
        }
        catch (InvalidDataException problem)
        {
            throw new InvalidDataException("it is not a .npz archive", problem);
        }
    }
}
