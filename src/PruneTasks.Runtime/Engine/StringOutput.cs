using System.ComponentModel;

namespace PruneTasks.Runtime;

/// <summary>An output of strings held by a generated output class.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class StringOutput
{
    internal StringOutput(string[] values) => Values = values;

    /// <summary>The strings, row-major.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>An output made by hand; as <see cref="OutputTensor{T}.Create"/>.</summary>
    public static StringOutput Create(string name, ReadOnlySpan<string> values, ReadOnlySpan<int> shape)
    {
        ModelShapes.Check(name, values.Length, shape);
        return new StringOutput(values.ToArray());
    }
}
