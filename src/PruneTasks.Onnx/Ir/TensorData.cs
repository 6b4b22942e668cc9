using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PruneTasks.Onnx;

/// <summary>A constant tensor: element type, shape, and the elements as little-endian bytes (the layout of <c>TensorProto.raw_data</c>).</summary>
/// <remarks>Immutable. Strings are not held here: a string tensor has <see cref="ElementType.String"/> and no bytes.</remarks>
public sealed class TensorData
{
    /// <summary>Most axes of a tensor that is looked at, here as in torch and numpy.</summary>
    public const int MostAxes = 64;

    /// <summary>Makes a tensor over <paramref name="bytes"/>, which must not change afterwards.</summary>
    /// <exception cref="ArgumentException">The byte count is not the product of the dimensions times the element size.</exception>
    public TensorData(ElementType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> bytes)
    {
        Type = type;
        Shape = [.. shape];
        Bytes = bytes;
        Count = 1;
        foreach (long dim in Shape) Count = checked(Count * dim);
        if (SizeOf(type) is { } size && checked(Count * size) != bytes.Length)
            throw new ArgumentException($"{bytes.Length} bytes given for {type}[{string.Join(',', Shape)}]", nameof(bytes));
    }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Dimensions; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Elements, little-endian, row-major.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>The elements lie in a file that is mapped, and not in memory.</summary>
    public bool IsMapped => Serialization.MappedBytes.PlaceOf(Bytes) is not null;

    /// <summary>Bytes of one element, or <see langword="null"/> for strings and packed types.</summary>
    public static int? SizeOf(ElementType type) => type switch
    {
        ElementType.Bool or ElementType.Int8 or ElementType.UInt8 => 1,
        ElementType.Int16 or ElementType.UInt16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 4,
        ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => 8,
        _ => null,
    };

    /// <summary>A float32 tensor.</summary>
    public static TensorData Of(IReadOnlyList<long> shape, params float[] values) =>
        new(ElementType.Float32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>An int64 tensor.</summary>
    public static TensorData Of(IReadOnlyList<long> shape, params long[] values) =>
        new(ElementType.Int64, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>A one-dimensional int64 tensor, as shapes and axes are given to ONNX operators.</summary>
    public static TensorData Vector(params long[] values) => Of([values.Length], values);

    /// <summary>The elements as float32; float16, bfloat16 and float64 are converted.</summary>
    /// <exception cref="InvalidOperationException">The element type is not a floating-point type.</exception>
    public float[] ToFloats()
    {
        ReadOnlySpan<byte> bytes = Bytes.Span;
        var result = new float[Count];
        switch (Type)
        {
            case ElementType.Float32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(result);
                break;
            case ElementType.Float64:
                for (int i = 0; i < result.Length; i++) result[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * 8)..]);
                break;
            case ElementType.Float16:
                for (int i = 0; i < result.Length; i++) result[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * 2)..]);
                break;
            case ElementType.BFloat16:
                for (int i = 0; i < result.Length; i++)
                    result[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 2)..]) << 16);
                break;
            default:
                throw new InvalidOperationException($"{Type} is not a floating-point type");
        }
        return result;
    }

    /// <summary>The elements as int64; smaller integers and booleans are widened.</summary>
    /// <exception cref="InvalidOperationException">The element type is not an integer or boolean type.</exception>
    public long[] ToInt64s()
    {
        ReadOnlySpan<byte> bytes = Bytes.Span;
        var result = new long[Count];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Type switch
            {
                ElementType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * 8)..]),
                ElementType.UInt64 => checked((long)BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..])),
                ElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]),
                ElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * 4)..]),
                ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(i * 2)..]),
                ElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 2)..]),
                ElementType.Int8 => (sbyte)bytes[i],
                ElementType.UInt8 or ElementType.Bool => bytes[i],
                _ => throw new InvalidOperationException($"{Type} is not an integer type"),
            };
        }
        return result;
    }

    /// <summary>The entries <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive) along one axis, copied.</summary>
    /// <exception cref="InvalidOperationException">Elements of this type have no fixed size.</exception>
    public TensorData Slice(int axis, int from, int to)
    {
        long inner = Shape.Skip(axis + 1).Aggregate((long)(SizeOf(Type) ?? throw new InvalidOperationException($"elements of {Type} have no fixed size")), (a, b) => a * b);
        long outer = Shape.Take(axis).Aggregate(1L, (a, b) => a * b), row = Shape[axis] * inner, part = (to - from) * inner;
        var bytes = new byte[outer * part];
        for (int o = 0; o < outer; o++) Bytes.Span.Slice(checked((int)((o * row) + (from * inner))), (int)part).CopyTo(bytes.AsSpan(checked((int)(o * part))));
        return new TensorData(Type, [.. Shape.Select((size, i) => i == axis ? to - from : size)], bytes);
    }

    /// <summary>A float tensor of <paramref name="type"/> (float32, float16, bfloat16 or float64) from float32 values, rounded to nearest even.</summary>
    public static TensorData FromFloats(ElementType type, IReadOnlyList<long> shape, ReadOnlySpan<float> values)
    {
        int size = SizeOf(type) ?? throw new ArgumentOutOfRangeException(nameof(type));
        var bytes = new byte[values.Length * size];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> at = bytes.AsSpan(i * size);
            switch (type)
            {
                case ElementType.Float32: BinaryPrimitives.WriteSingleLittleEndian(at, values[i]); break;
                case ElementType.Float64: BinaryPrimitives.WriteDoubleLittleEndian(at, values[i]); break;
                case ElementType.Float16: BinaryPrimitives.WriteHalfLittleEndian(at, (Half)values[i]); break;
                case ElementType.BFloat16:
                    uint bits = BitConverter.SingleToUInt32Bits(values[i]);
                    BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16));
                    break;
                default: throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating-point type");
            }
        }
        return new TensorData(type, shape, bytes);
    }
}
