namespace PruneTasks;

/// <summary>A dense tensor in row-major order: values and shape.</summary>
/// <typeparam name="T">Element type.</typeparam>
public readonly ref struct TensorView<T>
{
    /// <summary>A view of memory that somebody else owns.</summary>
    /// <param name="span">The values; as many as the product of <paramref name="shape"/>.</param>
    /// <param name="shape">Entries per axis; empty for a scalar.</param>
    /// <exception cref="ArgumentException">The number of values is not the product of the shape.</exception>
    public TensorView(ReadOnlySpan<T> span, ReadOnlySpan<int> shape)
    {
        if (Runtime.ModelShapes.Count(shape) != span.Length)
            throw new ArgumentException($"{span.Length} values do not fill the shape {Runtime.ModelShapes.Text(shape)}.", nameof(span));
        Span = span;
        Shape = shape;
    }

    /// <summary>All values, last axis fastest.</summary>
    public ReadOnlySpan<T> Span { get; }

    /// <summary>Entries per axis; empty for a scalar.</summary>
    public ReadOnlySpan<int> Shape { get; }

    /// <summary>The part at one index of the first axis: a tensor with one axis less.</summary>
    /// <exception cref="InvalidOperationException">The tensor is a scalar.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such index.</exception>
    public TensorView<T> this[int index]
    {
        get
        {
            if (Shape.IsEmpty)
                throw new InvalidOperationException("A scalar has no axis to index.");
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Shape[0]);
            int length = Span.Length / Shape[0];
            return new TensorView<T>(Span.Slice(index * length, length), Shape[1..]);
        }
    }
}
