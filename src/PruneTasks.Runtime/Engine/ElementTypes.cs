using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PruneTasks.Runtime;

/// <summary>The .NET type of each ONNX element type that generated code can pass; the bytes are the same on both sides.</summary>
internal static class ElementTypes
{
    /// <summary>The ONNX element type of <typeparamref name="T"/>.</summary>
    /// <exception cref="NotSupportedException">No ONNX element type has this layout.</exception>
    public static TensorElementType Of<T>()
        where T : unmanaged
    {
        // Comparisons of typeof are resolved by the JIT and by the AOT compiler: one constant remains.
        if (typeof(T) == typeof(float))
            return TensorElementType.Float;
        if (typeof(T) == typeof(double))
            return TensorElementType.Double;
        if (typeof(T) == typeof(Half))
            return TensorElementType.Float16;
        if (typeof(T) == typeof(BFloat16))
            return TensorElementType.BFloat16;
        if (typeof(T) == typeof(sbyte))
            return TensorElementType.Int8;
        if (typeof(T) == typeof(short))
            return TensorElementType.Int16;
        if (typeof(T) == typeof(int))
            return TensorElementType.Int32;
        if (typeof(T) == typeof(long))
            return TensorElementType.Int64;
        if (typeof(T) == typeof(byte))
            return TensorElementType.UInt8;
        if (typeof(T) == typeof(ushort))
            return TensorElementType.UInt16;
        if (typeof(T) == typeof(uint))
            return TensorElementType.UInt32;
        if (typeof(T) == typeof(ulong))
            return TensorElementType.UInt64;
        if (typeof(T) == typeof(bool))
            return TensorElementType.Bool;
        throw new NotSupportedException($"ONNX Runtime has no tensors of {typeof(T)}.");
    }
}
