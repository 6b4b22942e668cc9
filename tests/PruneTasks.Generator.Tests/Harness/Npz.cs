using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace PruneTasks.Generator.Tests.Harness;

/// <summary>Reads arrays of NumPy's zip format: little endian, C order.</summary>
internal static class Npz
{
    public static T[] Read<T>(string file, string name)
        where T : unmanaged
    {
        using ZipArchive archive = ZipFile.OpenRead(file);
        using Stream stream = archive.GetEntry(name + ".npy")!.Open();
        using MemoryStream memory = new();
        stream.CopyTo(memory);
        ReadOnlySpan<byte> bytes = memory.GetBuffer().AsSpan(0, (int)memory.Length);
        int header = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        string text = Encoding.ASCII.GetString(bytes.Slice(10, header));
        string type = typeof(T) == typeof(float) ? "<f4" : typeof(T) == typeof(Half) ? "<f2" : "<i8";
        Assert.Contains($"'descr': '{type}'", text);
        Assert.Contains("'fortran_order': False", text);
        return MemoryMarshal.Cast<byte, T>(bytes[(10 + header)..]).ToArray();
    }
}
