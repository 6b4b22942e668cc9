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

    /// <summary>Values and shape.</summary>
    public TensorView<T> View => new(_values, _shape);
}
