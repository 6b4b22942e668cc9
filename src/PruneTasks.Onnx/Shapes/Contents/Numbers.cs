using System.Buffers.Binary;

namespace PruneTasks.Onnx.Shapes;

/// <summary>Elements of a small tensor as numbers. Integers keep all 64 bits; floats are held as double and rounded to their type when written.</summary>
internal sealed class Numbers
{
    private readonly long[]? _integers;
    private readonly double[]? _floats;

    private Numbers(long[]? integers, double[]? floats)
    {
        _integers = integers;
        _floats = floats;
    }

    public bool IsInteger => _integers is not null;

    public double At(long index) => _floats?[index] ?? _integers![index];

    public long IntegerAt(long index) => _integers?[index] ?? (long)_floats![index];

    public static Numbers Read(TensorData tensor)
    {
        switch (tensor.Type)
        {
            case ElementType.Float64:
                var doubles = new double[tensor.Count];
                for (int i = 0; i < doubles.Length; i++) doubles[i] = BinaryPrimitives.ReadDoubleLittleEndian(tensor.Bytes.Span[(8 * i)..]);
                return new Numbers(null, doubles);
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                return new Numbers(null, [.. tensor.ToFloats().Select(x => (double)x)]);
            case ElementType.UInt64:
                throw new UnknownShapeException(UnknownShape.NoRule, "arithmetic on uint64 is not evaluated");
            default:
                return new Numbers(tensor.ToInt64s(), null);
        }
    }

    /// <summary>A tensor of floats, or of integers that a double holds exactly.</summary>
    public static TensorData Write(ElementType type, long[] shape, Func<long, double> element)
    {
        long count = Dims.Count(shape);
        if (IsFloat(type))
        {
            if (type == ElementType.Float64)
            {
                var bytes = new byte[8 * count];
                for (int i = 0; i < count; i++) BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * i), element(i));
                return new TensorData(type, shape, bytes);
            }
            var values = new float[count];
            for (int i = 0; i < count; i++) values[i] = (float)element(i);
            return TensorData.FromFloats(type, shape, values);
        }
        return WriteIntegers(type, shape, i => (long)element(i));
    }

    /// <summary>A tensor of integers or booleans; wraps around as the type does.</summary>
    public static TensorData WriteIntegers(ElementType type, long[] shape, Func<long, long> element)
    {
        int size = TensorData.SizeOf(type) ?? throw new UnknownShapeException(UnknownShape.NoRule, $"arithmetic on {type} is not evaluated");
        long count = Dims.Count(shape);
        var bytes = new byte[size * count];
        Span<byte> whole = stackalloc byte[8];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(whole, element(i));
            whole[..size].CopyTo(bytes.AsSpan(i * size));
        }
        return new TensorData(type, shape, bytes);
    }

    public static bool IsFloat(ElementType type) => type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16;
}
