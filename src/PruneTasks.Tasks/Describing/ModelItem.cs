using PruneTasks.Spec;

namespace PruneTasks.Tasks.Describing;

/// <summary>A model that the project asks for.</summary>
/// <param name="Spec">The spec file, full path.</param>
/// <param name="Model">The ONNX file if the project's item names it, full path.</param>
/// <param name="Class">Class name if the item gives one.</param>
/// <param name="Namespace">Namespace if the item gives one.</param>
internal sealed record ModelItem(string Spec, string? Model, string? Class, string? Namespace)
{
    /// <summary>Only the spec is known, as the default pattern finds it.</summary>
    public bool IsBare => Model is null && Class is null && Namespace is null;

    /// <summary>Name of the model.</summary>
    public string Name => SpecName.Of(Spec);

    /// <summary>The spec that belongs to an ONNX file when the item names none: same folder, same stem.</summary>
    public static string SpecBeside(string model) => Path.ChangeExtension(model, ".prune.yaml");
}
