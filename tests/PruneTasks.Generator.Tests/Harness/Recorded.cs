using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace PruneTasks.Generator.Tests.Harness;

/// <summary>An array of NumPy's zip format, whatever its type: little endian, C order.</summary>
internal sealed partial record Recorded(Array Values, int[] Shape)
{
    /// <summary>All arrays of a file with inputs ("in__") and outputs ("out__") of a model.</summary>
    public static IReadOnlyDictionary<string, Recorded> Read(string file)
    {
        using ZipArchive archive = ZipFile.OpenRead(file);
        return archive.Entries.ToDictionary(entry => Path.GetFileNameWithoutExtension(entry.FullName), Read);
    }

    /// <summary>The name under which a tensor was recorded.</summary>
    public static string Name(string side, string tensor) => side + "__" + Odd().Replace(tensor, "_");

    private static Recorded Read(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream memory = new();
        stream.CopyTo(memory);
        ReadOnlySpan<byte> bytes = memory.GetBuffer().AsSpan(0, (int)memory.Length);
        int header = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        string text = Encoding.ASCII.GetString(bytes.Slice(10, header));
        ReadOnlySpan<byte> data = bytes[(10 + header)..];
        Array values = Type().Match(text).Groups[1].Value switch
        {
            "<f4" => MemoryMarshal.Cast<byte, float>(data).ToArray(),
            "<f2" => MemoryMarshal.Cast<byte, Half>(data).ToArray(),
            "<i4" => MemoryMarshal.Cast<byte, int>(data).ToArray(),
            "<i8" => MemoryMarshal.Cast<byte, long>(data).ToArray(),
            string other => throw new NotSupportedException(other),
        };
        int[] shape = [.. Entries().Match(text).Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(int.Parse)];
        return new Recorded(values, shape);
    }

    [GeneratedRegex("[^A-Za-z0-9_.]")]
    private static partial Regex Odd();

    [GeneratedRegex(@"'descr': '(\S+)'")]
    private static partial Regex Type();

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex Entries();
}
