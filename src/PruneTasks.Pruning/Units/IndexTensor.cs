namespace PruneTasks.Pruning;

/// <summary>
/// Names of elements, arranged as a value of the graph is arranged: entry i says which element of a source value stands there.
/// Layout operators (Reshape, Transpose, Slice, …) applied to it show where each column of a weight ends up, whatever way an
/// exporter took, without a rule per exporter.
/// </summary>
internal sealed class IndexTensor
{
    public IndexTensor(int[] shape, int[] ids)
    {
        if (ids.Length != Product(shape)) throw new ArgumentException("shape and ids disagree", nameof(ids));
        (Shape, Ids) = (shape, ids);
    }

    public int[] Shape { get; }

    public int[] Ids { get; }

    public int Rank => Shape.Length;

    /// <summary>0, 1, 2, … over <paramref name="shape"/>.</summary>
    public static IndexTensor Identity(int[] shape) => new(shape, [.. Enumerable.Range(0, Product(shape))]);

    public IndexTensor Reshape(int[] shape) => new(shape, Ids);

    public IndexTensor Transpose(int[] perm)
    {
        int[] strides = Strides(Shape);
        return Gather([.. perm.Select(p => Shape[p])], [.. perm.Select(p => strides[p])]);
    }

    /// <summary>Keeps the given indices of one axis, in the given order.</summary>
    public IndexTensor Select(int axis, IReadOnlyList<int> indices)
    {
        int inner = Product(Shape.AsSpan(axis + 1)), outer = Product(Shape.AsSpan(0, axis)), size = Shape[axis];
        var ids = new int[outer * indices.Count * inner];
        int at = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (int index in indices)
            {
                Array.Copy(Ids, ((o * size) + index) * inner, ids, at, inner);
                at += inner;
            }
        }
        int[] shape = [.. Shape];
        shape[axis] = indices.Count;
        return new IndexTensor(shape, ids);
    }

    /// <summary>Repeats entries to fill <paramref name="shape"/>: an axis of 1 as Expand does (ONNX, opset 13), others as Tile does; missing axes stand first.</summary>
    public IndexTensor Repeat(int[] shape)
    {
        int[] own = [.. Enumerable.Repeat(1, shape.Length - Rank), .. Shape];
        int[] strides = Strides(own), steps = Strides(shape);
        var ids = new int[Product(shape)];
        for (int i = 0; i < ids.Length; i++)
        {
            int from = 0;
            for (int axis = 0; axis < shape.Length; axis++) from += i / steps[axis] % shape[axis] % own[axis] * strides[axis];
            ids[i] = Ids[from];
        }
        return new IndexTensor(shape, ids);
    }

    /// <summary>Applies <paramref name="map"/> to every entry.</summary>
    public IndexTensor Map(Func<int, int> map) => new(Shape, Array.ConvertAll(Ids, id => map(id)));

    /// <summary>
    /// If what <paramref name="map"/> gives for entries with the same coordinate on <paramref name="axis"/> is the same, that, one per coordinate;
    /// else <see langword="null"/>.
    /// </summary>
    public int[]? AlongAxis(int axis, Func<int, int> map)
    {
        int inner = Product(Shape.AsSpan(axis + 1)), size = Shape[axis];
        var result = new int[size];
        Array.Fill(result, int.MinValue);
        for (int i = 0; i < Ids.Length; i++)
        {
            ref int slot = ref result[i / inner % size];
            int entry = map(Ids[i]);
            if (slot == int.MinValue) slot = entry;
            else if (slot != entry) return null;
        }
        return result;
    }

    /// <summary>The same as <paramref name="source"/> transposed by <paramref name="perm"/>, which is not written out to be compared.</summary>
    public bool IsTransposed(IndexTensor source, int[] perm)
    {
        int[] strides = Strides(source.Shape), steps = [.. perm.Select(p => strides[p])];
        if (!perm.Select(p => source.Shape[p]).SequenceEqual(Shape)) return false;
        var walk = new Walk(Shape, steps);
        foreach (int id in Ids)
        {
            if (id != source.Ids[walk.Next()]) return false;
        }
        return true;
    }

    internal static int Product(ReadOnlySpan<int> dims)
    {
        int product = 1;
        foreach (int dim in dims) product = checked(product * dim);
        return product;
    }

    internal static int[] Strides(ReadOnlySpan<int> shape)
    {
        var strides = new int[shape.Length];
        int stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    private IndexTensor Gather(int[] shape, int[] strides)
    {
        var ids = new int[Ids.Length];
        var walk = new Walk(shape, strides);
        for (int i = 0; i < ids.Length; i++) ids[i] = Ids[walk.Next()];
        return new IndexTensor(shape, ids);
    }

    /// <summary>Goes through the places of a shape in order, and tells where each of them lies by other strides.</summary>
    private struct Walk(int[] shape, int[] strides)
    {
        private readonly int[] _position = new int[shape.Length];
        private int _at;

        public int Next()
        {
            int now = _at;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                _at += strides[axis];
                if (++_position[axis] < shape[axis]) break;
                _at -= strides[axis] * shape[axis];
                _position[axis] = 0;
            }
            return now;
        }
    }
}
