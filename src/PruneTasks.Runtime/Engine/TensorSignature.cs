using System.ComponentModel;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PruneTasks.Runtime;

/// <summary>Name, element type and shape of an input or output, as the class was generated for.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TensorSignature
{
    /// <summary>An entry of a shape that follows from no axis of the inputs.</summary>
    public const int Open = int.MinValue;

    private TensorSignature(string name, TensorElementType type, int elementSize, int[]? shape) =>
        (Name, Type, ElementSize, Shape) = (name, type, elementSize, shape);

    /// <summary>The ONNX name.</summary>
    public string Name { get; }

    /// <summary>Bytes of one element; 0 for strings.</summary>
    internal int ElementSize { get; }

    internal TensorElementType Type { get; }

    /// <summary>
    /// Entries per axis: a size, or -1 - k for axis k of the model, or <see cref="Open"/>; null for an unknown rank.
    /// </summary>
    internal int[]? Shape { get; }

    /// <summary>The signature of a tensor with elements of <typeparamref name="T"/>.</summary>
    /// <param name="name">The ONNX name.</param>
    /// <param name="shape">Per axis a size, or -1 - k for axis k of the model, or <see cref="Open"/>; null for an unknown rank.</param>
    public static TensorSignature Of<T>(string name, int[]? shape = null)
        where T : unmanaged => new(name, ElementTypes.Of<T>(), System.Runtime.CompilerServices.Unsafe.SizeOf<T>(), shape);

    /// <summary>The signature of a tensor of strings; as <see cref="Of{T}"/>.</summary>
    public static TensorSignature OfString(string name, int[]? shape = null) => new(name, TensorElementType.String, 0, shape);

    /// <summary>The shape for these axes; null where it does not follow from them.</summary>
    internal int[]? Resolve(ReadOnlySpan<int> axes)
    {
        if (Shape is null)
            return null;
        int[] resolved = new int[Shape.Length];
        for (int i = 0; i < resolved.Length; i++)
        {
            if (Shape[i] == Open)
                return null;
            resolved[i] = Shape[i] >= 0 ? Shape[i] : axes[-1 - Shape[i]];
        }
        return resolved;
    }

    /// <summary>Fails where the loaded model has no such tensor: then the class and the model come from different builds.</summary>
    internal void Check(IReadOnlyDictionary<string, NodeMetadata> loaded, string model, string side)
    {
        if (!loaded.TryGetValue(Name, out NodeMetadata? found))
        {
            throw new ModelException(ModelErrorKind.Load, Name,
                $"Model '{model}' has no {side} '{Name}'; it has {string.Join(", ", loaded.Keys)}. Rebuild the project, so that class and model match.");
        }
        if (!found.IsTensor || found.ElementDataType != Type)
        {
            throw new ModelException(ModelErrorKind.Load, Name,
                $"Model '{model}': {side} '{Name}' is {(found.IsTensor ? found.ElementDataType : found.OnnxValueType)}, "
                + $"but the class was generated for {Type}. Rebuild the project, so that class and model match.");
        }
    }
}
