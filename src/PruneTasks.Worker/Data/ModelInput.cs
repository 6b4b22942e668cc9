using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>An input that the model wants, as its file declares it.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axes, or <see langword="null"/> if the file declares none.</param>
internal sealed record ModelInput(string Name, ElementType Type, IReadOnlyList<Axis>? Shape)
{
    /// <summary>The first axis has no fixed size, so several samples can be put into one run.</summary>
    public bool HasFreeBatch => Shape is { Count: > 0 } shape && shape[0].Size is null;

    /// <summary>The inputs of a model, in its order.</summary>
    public static IReadOnlyList<ModelInput> Of(OnnxModel model) =>
        [.. model.Graph.Inputs.Select(value => new ModelInput(value.Name, value.Type, value.DeclaredShape))];

    /// <summary>Why a tensor of this type and shape cannot be given to this input, or <see langword="null"/>.</summary>
    public string? Refuse(ElementType type, IReadOnlyList<long> shape)
    {
        if (type != Type) return $"input '{Name}' takes {Describe(Type)}, the data is {Describe(type)}";
        if (Shape is null) return null;
        bool fits = Shape.Count == shape.Count;
        for (int i = 0; fits && i < shape.Count; i++) fits = Shape[i].Size is not { } size || size == shape[i];
        return fits ? null : $"input '{Name}' takes [{string.Join(", ", Shape)}], the data is [{string.Join(", ", shape)}]";
    }

    /// <summary>The name of an element type as in manifests: lower case.</summary>
    public static string Describe(ElementType type) => type.ToString().ToLowerInvariant();
}
