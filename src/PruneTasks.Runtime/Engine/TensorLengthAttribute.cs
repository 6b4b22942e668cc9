using System.ComponentModel;

namespace PruneTasks.Runtime;

/// <summary>How many values a span for a tensor may have.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum TensorLengthRule
{
    /// <summary>As many as the tensor has: all its axes are fixed.</summary>
    Exactly = 0,

    /// <summary>Any multiple: at least one axis of the tensor is open.</summary>
    MultipleOf = 1,

    /// <summary>As many or more: what is beyond is left alone.</summary>
    AtLeast = 2,
}

/// <summary>Says of a parameter of a generated method how many values it takes; read by the analyzer PRUNE0504, checked again by the call itself.</summary>
/// <param name="length">The number of values, at least 1.</param>
/// <param name="rule">How the number is meant.</param>
[AttributeUsage(AttributeTargets.Parameter)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TensorLengthAttribute(int length, TensorLengthRule rule) : Attribute
{
    /// <summary>The number of values.</summary>
    public int Length { get; } = length;

    /// <summary>How the number is meant.</summary>
    public TensorLengthRule Rule { get; } = rule;
}
