using System.ComponentModel;

namespace PruneTasks.Runtime;

/// <summary>What a generated type is to its model.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum GeneratedTypeKind
{
    /// <summary>The outputs of one call; disposed when they are read.</summary>
    Output = 0,

    /// <summary>Buffers that are run again and again by one caller at a time.</summary>
    Request = 1,

    /// <summary>A conversation with a language model: state that one caller at a time continues.</summary>
    Session = 2,

    /// <summary>The classes of a model; an enum whose values are the class indices, or a struct around the index.</summary>
    Label = 3,
}

/// <summary>Marks a generated type, so that the analyzers (PRUNE05xx) know it by what it is and not by its name.</summary>
/// <param name="kind">What the type is.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum, Inherited = false)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class GeneratedTypeAttribute(GeneratedTypeKind kind) : Attribute
{
    /// <summary>What the type is.</summary>
    public GeneratedTypeKind Kind { get; } = kind;
}
