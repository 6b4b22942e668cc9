using System.IO.Compression;
using System.Text;

namespace PruneTasks.Testing.Tokens;

/// <summary>An array of whole numbers.</summary>
internal sealed record NpzArray(string Name, int[] Shape, long[] Values);

/// <summary>Writes NumPy's <c>.npz</c> (format 1.0 of .npy, little endian).</summary>
internal static class NpzWriter
{
    /// <summary>Writes the arrays.</summary>
    public static void Write(string file, params NpzArray[] arrays)
    {
        string part = file + ".part";
        using (ZipArchive archive = ZipFile.Open(part, ZipArchiveMode.Create))
        {
            foreach (NpzArray array in arrays)
            {
                using var writer = new BinaryWriter(archive.CreateEntry(array.Name + ".npy").Open());
                string header = $"{{'descr': '<i8', 'fortran_order': False, 'shape': ({string.Concat(array.Shape.Select(d => d + ", ")).TrimEnd(array.Shape.Length > 1 ? [',', ' '] : [' '])}), }}";
                // Magic (6), version (2), length (2): the header fills up to a multiple of 64 and ends a line.
                header = header.PadRight(((header.Length + 10) / 64 * 64) + 64 - 10 - 1) + "\n";
                writer.Write([0x93, .. "NUMPY"u8, 1, 0]);
                writer.Write((ushort)header.Length);
                writer.Write(Encoding.ASCII.GetBytes(header));
                foreach (long value in array.Values) writer.Write(value);
            }
        }
        File.Move(part, file, overwrite: true);
    }
}
