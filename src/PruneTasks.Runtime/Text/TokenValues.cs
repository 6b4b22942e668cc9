using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PruneTasks.Text;

/// <summary>Whole numbers into, and floating-point numbers out of, memory whose element type only the model knows.</summary>
internal static class TokenValues
{
    /// <summary>Writes the ids, then <paramref name="pad"/> to the end.</summary>
    public static void Ids<TId>(Span<byte> target, TensorElementType type, ReadOnlySpan<TId> ids, int pad)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        if (type == TensorElementType.Int64)
            Ids(MemoryMarshal.Cast<byte, long>(target), ids, pad);
        else
            Ids(MemoryMarshal.Cast<byte, int>(target), ids, pad);
    }

    /// <summary>Writes first, first + step, first + 2 · step, …: a constant or places.</summary>
    public static void Line(Span<byte> target, TensorElementType type, int first, int step)
    {
        switch (type)
        {
            case TensorElementType.Int64: Line(MemoryMarshal.Cast<byte, long>(target), first, step); break;
            case TensorElementType.Int32: Line(MemoryMarshal.Cast<byte, int>(target), first, step); break;
            case TensorElementType.Float: Line(MemoryMarshal.Cast<byte, float>(target), first, step); break;
            case TensorElementType.Float16: Line(MemoryMarshal.Cast<byte, Half>(target), first, step); break;
            case TensorElementType.Double: Line(MemoryMarshal.Cast<byte, double>(target), first, step); break;
            case TensorElementType.Bool: Line(target, first, step); break;
            default: throw new ModelException(ModelErrorKind.Load, $"A mask of {type} is not supported.");
        }
    }

    /// <summary>Copies floating-point numbers.</summary>
    public static void Floats(ReadOnlySpan<byte> source, TensorElementType type, Span<float> target)
    {
        switch (type)
        {
            case TensorElementType.Float: MemoryMarshal.Cast<byte, float>(source).CopyTo(target); break;
            case TensorElementType.Double: Convert(MemoryMarshal.Cast<byte, double>(source), target); break;
            case TensorElementType.Float16: Convert(MemoryMarshal.Cast<byte, Half>(source), target); break;
            case TensorElementType.BFloat16: Widen(MemoryMarshal.Cast<byte, ushort>(source), target); break;
            default: throw new ModelException(ModelErrorKind.Load, $"Scores of {type} are not supported.");
        }
    }

    private static void Ids<TTarget, TId>(Span<TTarget> target, ReadOnlySpan<TId> ids, int pad)
        where TTarget : unmanaged, IBinaryInteger<TTarget>
        where TId : unmanaged, IBinaryInteger<TId>
    {
        for (int i = 0; i < ids.Length; i++)
            target[i] = TTarget.CreateTruncating(ids[i]);
        target[ids.Length..].Fill(TTarget.CreateTruncating(pad));
    }

    private static void Line<T>(Span<T> target, int first, int step)
        where T : unmanaged, INumberBase<T>
    {
        for (int i = 0; i < target.Length; i++)
            target[i] = T.CreateTruncating(first + (i * step));
    }

    private static void Convert<T>(ReadOnlySpan<T> source, Span<float> target)
        where T : unmanaged, INumberBase<T>
    {
        for (int i = 0; i < source.Length; i++)
            target[i] = float.CreateTruncating(source[i]);
    }

    // bfloat16 is the upper half of a float.
    private static void Widen(ReadOnlySpan<ushort> source, Span<float> target)
    {
        for (int i = 0; i < source.Length; i++)
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }
}
