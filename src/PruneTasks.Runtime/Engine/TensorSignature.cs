using System.ComponentModel;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PruneTasks.Runtime;

/// <summary>Name and element type of an input or output, as the class was generated for.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TensorSignature
{
    private readonly TensorElementType _type;

    private TensorSignature(string name, TensorElementType type) => (Name, _type) = (name, type);

    /// <summary>The ONNX name.</summary>
    public string Name { get; }

    /// <summary>The signature of a tensor with elements of <typeparamref name="T"/>.</summary>
    public static TensorSignature Of<T>(string name)
        where T : unmanaged => new(name, ElementTypes.Of<T>());

    /// <summary>Fails where the loaded model has no such tensor: then the class and the model come from different builds.</summary>
    internal void Check(IReadOnlyDictionary<string, NodeMetadata> loaded, string model, string side)
    {
        if (!loaded.TryGetValue(Name, out NodeMetadata? found))
        {
            throw new ModelException(ModelErrorKind.Load, Name,
                $"Model '{model}' has no {side} '{Name}'; it has {string.Join(", ", loaded.Keys)}. Rebuild the project, so that class and model match.");
        }
        if (!found.IsTensor || found.ElementDataType != _type)
        {
            throw new ModelException(ModelErrorKind.Load, Name,
                $"Model '{model}': {side} '{Name}' is {(found.IsTensor ? found.ElementDataType : found.OnnxValueType)}, "
                + $"but the class was generated for {_type}. Rebuild the project, so that class and model match.");
        }
    }
}
