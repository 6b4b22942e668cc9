using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>Reads one array in NumPy's <c>.npy</c> format, versions 1 to 3 (NumPy documentation, "numpy.lib.format").</summary>
internal static partial class NpyReader
{
    private static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The array as a tensor, row-major and little-endian whatever the file's order is.</summary>
    /// <exception cref="InvalidDataException">Not such a file, an element type without an ONNX twin, or too few bytes.</exception>
    public static TensorData Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < 10 || !file[..6].SequenceEqual(Magic)) throw new InvalidDataException("it does not start as a .npy array does");
        int lengthBytes = file[6] == 1 ? 2 : 4;
        if (file[6] is < 1 or > 3) throw new InvalidDataException($"version {file[6]} of the .npy format is not known");
        if (file.Length < 8 + lengthBytes) throw new InvalidDataException("its header is cut off");
        long header = lengthBytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(file[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(file[8..]);
        int start = 8 + lengthBytes;
        if (header > file.Length - start) throw new InvalidDataException("its header is cut off");
        string text = Encoding.UTF8.GetString(file.Slice(start, (int)header));
        (ElementType type, bool bigEndian) = ElementTypeOf(Field(DescriptionPattern(), text, "descr"));
        bool fortran = Field(OrderPattern(), text, "fortran_order") == "True";
        long[] shape = ShapeOf(Field(ShapePattern(), text, "shape"));
        return Elements(file[(start + (int)header)..], type, shape, bigEndian, fortran);
    }

    private static TensorData Elements(ReadOnlySpan<byte> data, ElementType type, long[] shape, bool bigEndian, bool fortran)
    {
        int size = TensorData.SizeOf(type)!.Value;
        long count = 1;
        foreach (long dim in shape) count = checked(count * dim);
        if (data.Length / size < count) throw new InvalidDataException($"it holds {data.Length} bytes, its header announces {count} elements of {size}");
        byte[] bytes = data[..(int)(count * size)].ToArray();
        if (bigEndian && size > 1)
        {
            for (int at = 0; at < bytes.Length; at += size) bytes.AsSpan(at, size).Reverse();
        }
        return new TensorData(type, shape, fortran && shape.Length > 1 ? RowMajor(bytes, shape, size) : bytes);
    }

    /// <summary>Column-major to row-major: walks the target in order and keeps the index of each axis.</summary>
    private static byte[] RowMajor(byte[] bytes, long[] shape, int size)
    {
        var result = new byte[bytes.Length];
        var strides = new long[shape.Length];
        long stride = 1;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        var index = new long[shape.Length];
        long from = 0;
        for (int to = 0; to < result.Length; to += size)
        {
            bytes.AsSpan((int)from * size, size).CopyTo(result.AsSpan(to));
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++index[axis] < shape[axis]) break;
                from -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return result;
    }

    private static string Field(Regex pattern, string header, string name)
    {
        Match match = pattern.Match(header);
        return match.Success ? match.Groups[1].Value : throw new InvalidDataException($"its header has no '{name}' that can be read: {header.Trim()}");
    }

    private static long[] ShapeOf(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var shape = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i]))
                throw new InvalidDataException($"its shape ({text}) is not a list of numbers");
        }
        return shape;
    }

    private static (ElementType Type, bool BigEndian) ElementTypeOf(string description)
    {
        string code = description.TrimStart('<', '>', '|', '=');
        ElementType? type = code switch
        {
            "f2" => ElementType.Float16,
            "f4" => ElementType.Float32,
            "f8" => ElementType.Float64,
            "i1" => ElementType.Int8,
            "i2" => ElementType.Int16,
            "i4" => ElementType.Int32,
            "i8" => ElementType.Int64,
            "u1" => ElementType.UInt8,
            "u2" => ElementType.UInt16,
            "u4" => ElementType.UInt32,
            "u8" => ElementType.UInt64,
            "b1" => ElementType.Bool,
            _ => null,
        };
        return (type ?? throw new InvalidDataException($"its element type '{description}' is not supported"), description.StartsWith('>'));
    }

    [GeneratedRegex(@"['""]descr['""]\s*:\s*['""]([^'""]+)['""]")]
    private static partial Regex DescriptionPattern();

    [GeneratedRegex(@"['""]fortran_order['""]\s*:\s*(True|False)")]
    private static partial Regex OrderPattern();

    [GeneratedRegex(@"['""]shape['""]\s*:\s*\(([^)]*)\)")]
    private static partial Regex ShapePattern();
}
