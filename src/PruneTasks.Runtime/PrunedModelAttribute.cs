namespace PruneTasks;

/// <summary>
/// Puts the generated class of a model where this one is: a partial class of this name, in this namespace, as accessible as it is. It wins over
/// <c>class</c>, <c>namespace</c> and <c>public</c> of the spec.
/// </summary>
/// <example><code>[PrunedModel("models/vit.onnx")] public partial class Vision;</code></example>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PrunedModelAttribute : Attribute
{
    /// <summary>The class of a model.</summary>
    /// <param name="model">The model's name, or the path of its spec or ONNX file: what counts is the file's name without its ending.</param>
    public PrunedModelAttribute(string model) => Model = model;

    /// <summary>The model.</summary>
    public string Model { get; }
}
