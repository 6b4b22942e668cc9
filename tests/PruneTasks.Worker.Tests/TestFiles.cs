using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace PruneTasks.Worker.Tests;

/// <summary>Files in the formats that are read, made byte by byte.</summary>
internal static class TestFiles
{
    /// <summary>A 24-bit BMP of one colour.</summary>
    public static byte[] Bmp(int width, int height, byte red, byte green, byte blue)
    {
        int stride = ((3 * width) + 3) / 4 * 4;
        var file = new byte[54 + (stride * height)];
        file[0] = (byte)'B';
        file[1] = (byte)'M';
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) new[] { blue, green, red }.CopyTo(file, 54 + (y * stride) + (3 * x));
        }
        return file;
    }

    /// <summary>A .npy file, version 1.</summary>
    public static byte[] Npy(string description, string shape, byte[] data, bool fortran = false)
    {
        byte[] header = Encoding.ASCII.GetBytes($"{{'descr': '{description}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': ({shape}), }}\n");
        return [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. header, .. data];
    }

    public static byte[] NpyFloats(string shape, params float[] values) => Npy("<f4", shape, Bytes(values));

    public static byte[] NpyInt64s(string shape, params long[] values) =>
        Npy("<i8", shape, [.. values.SelectMany(BitConverter.GetBytes)]);

    public static byte[] Bytes(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] Npz(params (string Name, byte[] Npy)[] arrays)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] npy) in arrays)
            {
                using Stream entry = archive.CreateEntry($"{name}.npy").Open();
                entry.Write(npy);
            }
        }
        return stream.ToArray();
    }

    /// <summary>A TensorProto of float32 with raw data (fields dims 1, data_type 2, raw_data 9).</summary>
    public static byte[] TensorProto(int[] shape, params float[] values)
    {
        byte[] raw = Bytes(values);
        return [.. shape.SelectMany(dim => new byte[] { 0x08, (byte)dim }), 0x10, 1, 0x4A, (byte)raw.Length, .. raw];
    }
}
