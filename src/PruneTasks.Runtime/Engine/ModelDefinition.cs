using System.ComponentModel;

namespace PruneTasks.Runtime;

/// <summary>What a generated class knows of its model before it is loaded.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ModelDefinition
{
    /// <summary>A definition.</summary>
    /// <param name="owner">The generated class; its assembly holds the model.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="resource">Logical name of the embedded resource.</param>
    /// <param name="axes">Names of the axes that the inputs leave open; shapes refer to them by position.</param>
    /// <param name="inputs">Inputs in the order of the generated code.</param>
    /// <param name="outputs">Outputs in the order of the generated code.</param>
    public ModelDefinition(Type owner, string name, string resource, string[] axes, TensorSignature[] inputs, TensorSignature[] outputs) =>
        (Owner, Name, Resource, Axes, Inputs, Outputs) = (owner, name, resource, axes, inputs, outputs);

    internal Type Owner { get; }

    internal string Name { get; }

    internal string Resource { get; }

    internal string[] Axes { get; }

    internal TensorSignature[] Inputs { get; }

    internal TensorSignature[] Outputs { get; }
}
