using System.Runtime.InteropServices;
using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>Element types and constants of ONNX as torch has them: half precision is computed in float32, unsigned integers in the next wider signed type.</summary>
internal static class TorchTypes
{
    /// <summary>Type used for <paramref name="type"/>, or <see langword="null"/> where torch has none.</summary>
    internal static ScalarType? Of(ElementType type) => type switch
    {
        ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 => ScalarType.Float32,
        ElementType.Float64 => ScalarType.Float64,
        ElementType.Int64 or ElementType.UInt64 or ElementType.UInt32 => ScalarType.Int64,
        ElementType.Int32 or ElementType.UInt16 => ScalarType.Int32,
        ElementType.Int16 => ScalarType.Int16,
        ElementType.Int8 => ScalarType.Int8,
        ElementType.UInt8 => ScalarType.Byte,
        ElementType.Bool => ScalarType.Bool,
        _ => null,
    };

    /// <summary>The constant as a tensor of its own memory, aligned as libtorch aligns (<see cref="Aligned"/>).</summary>
    /// <exception cref="NotSupportedException">Strings and packed types.</exception>
    internal static Tensor ToTensor(TensorData data) => Aligned(Managed(data));

    /// <summary>
    /// The same tensor in memory that libtorch has allocated, on a multiple of 64 bytes. A tensor made from an array lies where the collector has put the
    /// array, on a multiple of 8 that differs from run to run, and MKL rounds otherwise for each alignment: everything that takes part in products comes through here.
    /// </summary>
    /// <param name="managed">Just made from an array; is disposed.</param>
    internal static Tensor Aligned(Tensor managed)
    {
        using (managed) return managed.clone();
    }

    private static Tensor Managed(TensorData data)
    {
        ScalarType type = Of(data.Type) ?? throw new NotSupportedException($"{data.Type} constants cannot be computed with");
        long[] shape = [.. data.Shape];
        ReadOnlySpan<byte> bytes = data.Bytes.Span;
        return data.Type switch
        {
            ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 => tensor(data.ToFloats(), shape),
            ElementType.Float64 => tensor(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), shape),
            ElementType.Int64 => tensor(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), shape),
            // The bits: what cannot be told from a negative number is refused where it would matter (UnsignedIntegers).
            ElementType.UInt64 => tensor(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), shape),
            ElementType.Int32 => tensor(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), shape),
            _ => tensor(data.ToInt64s(), shape).to(type),
        };
    }

    /// <summary>A value from outside in the type that is computed with.</summary>
    internal static Tensor Normalised(Tensor value) =>
        value.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? value.to(ScalarType.Float32) : value.alias();

    /// <summary>A tensor as if it had been rounded to <paramref name="type"/>, in the type that is computed with.</summary>
    internal static Tensor Rounded(Tensor value, ElementType type) => type switch
    {
        ElementType.Float16 => value.to(ScalarType.Float16).to(ScalarType.Float32),
        ElementType.BFloat16 => value.to(ScalarType.BFloat16).to(ScalarType.Float32),
        _ => value.to(Of(type)!.Value),
    };

    /// <summary>Name of an element type, also of one that is not read here (ONNX <c>TensorProto.DataType</c>).</summary>
    internal static string NameOf(ElementType type) => (int)type switch
    {
        14 or 15 => "a complex number",
        >= 17 and <= 20 => "an 8-bit float",
        21 or 22 => "a 4-bit integer",
        23 => "a 4-bit float",
        _ => type == ElementType.String ? "text" : $"{type}",
    };
}
