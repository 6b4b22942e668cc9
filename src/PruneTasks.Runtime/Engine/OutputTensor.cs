using System.ComponentModel;

namespace PruneTasks.Runtime;

/// <summary>
/// An output held by a generated output class. The values are copied out of ONNX Runtime into managed memory, so that a span
/// kept too long is stale at worst and never points to freed memory.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class OutputTensor<T>
    where T : unmanaged
{
    private readonly T[] _values;
    private readonly int[] _shape;

    internal OutputTensor(T[] values, int[] shape) => (_values, _shape) = (values, shape);

    /// <summary>An output made by hand.</summary>
    /// <param name="name">The ONNX name, for messages.</param>
    /// <param name="values">Row-major values; copied.</param>
    /// <param name="shape">Entries per axis.</param>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Shape"/>: the values do not fill the shape.</exception>
    public static OutputTensor<T> Create(string name, ReadOnlySpan<T> values, ReadOnlySpan<int> shape)
    {
        ModelShapes.Check(name, values.Length, shape);
        return new OutputTensor<T>(values.ToArray(), shape.ToArray());
    }

    /// <summary>Values and shape.</summary>
    public TensorView<T> View => new(_values, _shape);
}
