using System.Buffers.Binary;
using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>Gives recorded numbers the element type that a model's input wants.</summary>
internal static class TensorConversion
{
    private static readonly ElementType[] Floats = [ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.BFloat16];

    private static readonly ElementType[] Integers =
        [ElementType.Int8, ElementType.Int16, ElementType.Int32, ElementType.Int64, ElementType.UInt8, ElementType.UInt16, ElementType.UInt32, ElementType.UInt64, ElementType.Bool];

    /// <summary>
    /// The tensor as <paramref name="type"/>. Floats become floats of another width (rounded to nearest), integers become integers if
    /// every value is in range; floats never become integers and integers never floats, because that is rather a mix-up than a wish.
    /// </summary>
    /// <exception cref="InvalidDataException">Another kind of number, or a value out of range.</exception>
    public static TensorData To(TensorData tensor, ElementType type)
    {
        if (tensor.Type == type) return tensor;
        if (Floats.Contains(tensor.Type) && Floats.Contains(type)) return TensorData.FromFloats(type, tensor.Shape, tensor.ToFloats());
        if (Integers.Contains(tensor.Type) && Integers.Contains(type)) return Narrow(tensor, type);
        throw new InvalidDataException($"it holds {ModelInput.Describe(tensor.Type)}, which does not become {ModelInput.Describe(type)}");
    }

    private static TensorData Narrow(TensorData tensor, ElementType type)
    {
        long[] values = tensor.ToInt64s();
        int size = TensorData.SizeOf(type)!.Value;
        (long least, long most) = type switch
        {
            ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            ElementType.Int16 => (short.MinValue, short.MaxValue),
            ElementType.Int32 => (int.MinValue, int.MaxValue),
            ElementType.UInt8 => (0L, byte.MaxValue),
            ElementType.UInt16 => (0L, ushort.MaxValue),
            ElementType.UInt32 => (0L, uint.MaxValue),
            ElementType.UInt64 => (0L, long.MaxValue),
            ElementType.Bool => (0L, 1L),
            _ => (long.MinValue, long.MaxValue),
        };
        var bytes = new byte[checked(values.Length * size)];
        Span<byte> wide = stackalloc byte[8];
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < least || values[i] > most) throw new InvalidDataException($"the value {values[i]} is out of the range of {ModelInput.Describe(type)}");
            BinaryPrimitives.WriteInt64LittleEndian(wide, values[i]);
            wide[..size].CopyTo(bytes.AsSpan(i * size));
        }
        return new TensorData(type, tensor.Shape, bytes);
    }
}
