using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Reading by index, ordering, running sums.</summary>
internal static class IndexOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Gather", Gather),
        One("GatherElements", GatherElements),
        One("GatherND", GatherNd),
        new("TopK", TopK) { Outputs = 2 },
        One("CumSum", CumSum),
        One("OneHot", OneHot),
        One("Trilu", c => c.Node.Int("upper", 1) != 0 ? c[0].triu((long)(c.Number("k", 1) ?? 0)) : c[0].tril((long)(c.Number("k", 1) ?? 0))),
    ];

    internal static Tensor FromFront(Tensor indices, long size)
    {
        Tensor index = indices.to(int64);
        return where(index < 0, index + size, index);
    }

    private static Tensor Gather(LoweringCall c)
    {
        Tensor x = c[0];
        long axis = c.Axis(c.Node.Int("axis", 0), x.dim());
        Tensor index = FromFront(c[1], x.shape[axis]);
        long[] shape = [.. x.shape[..(int)axis], .. index.shape, .. x.shape[(int)(axis + 1)..]];
        Tensor picked = x.index_select(axis, index.reshape(-1)).reshape(shape);
        // A table that is mapped as the file has it (StoredTensors).
        return picked.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? picked.to(ScalarType.Float32) : picked;
    }

    private static Tensor GatherElements(LoweringCall c)
    {
        long axis = c.Axis(c.Node.Int("axis", 0), c[0].dim());
        return c[0].gather(axis, FromFront(c[1], c[0].shape[axis]));
    }

    // Leading batch axes are one index more for each row of indices.
    private static Tensor GatherNd(LoweringCall c)
    {
        (Tensor data, Tensor indices) = (c[0], c[1]);
        int batch = (int)c.Node.Int("batch_dims", 0);
        long[] lead = data.shape[..batch], shape = indices.shape[..^1];
        if (batch > 0)
        {
            if (!indices.shape[..batch].SequenceEqual(lead)) throw c.Fail($"batch axes of [{string.Join(", ", data.shape)}] and [{string.Join(", ", indices.shape)}] differ");
            long count = lead.Aggregate(1L, (a, b) => a * b);
            data = data.reshape([count, .. data.shape[batch..]]);
            indices = indices.reshape([count, .. indices.shape[batch..]]).to(int64);
            Tensor sample = arange(count, int64).reshape([count, .. Enumerable.Repeat(1L, (int)indices.dim() - 1)]).expand([.. indices.shape[..^1], 1]);
            indices = cat([sample, indices], -1);
        }
        (Tensor rows, long[] rest) = FlatRows(c, data, indices);
        return data.reshape([-1, .. rest]).index_select(0, rows).reshape([.. shape, .. rest]);
    }

    // The last axis of the indices addresses the leading axes of the data: one number each, row-major.
    internal static (Tensor Rows, long[] Tail) FlatRows(LoweringCall c, Tensor data, Tensor indices)
    {
        int depth = (int)indices.shape[^1];
        if (depth > data.dim()) throw c.Fail($"{depth} indices for {data.dim()} axes");
        Tensor rows = zeros(indices.shape[..^1], int64);
        for (int i = 0; i < depth; i++) rows = rows * data.shape[i] + FromFront(indices.select(-1, i), data.shape[i]);
        return (rows.reshape(-1), data.shape[depth..]);
    }

    private static Tensor?[] TopK(LoweringCall c)
    {
        long axis = c.Axis(c.Node.Int("axis", -1), c[0].dim());
        // A stable sort, not topk: of equal elements the first one counts.
        (Tensor values, Tensor indices) = sort(c[0], axis, c.Node.Int("largest", 1) != 0, stable: true);
        // An attribute before opset 10.
        long k = c.Opset < 10 ? c.Node.Int("k", 1) : c.Integers(1)[0];
        if (k < 0 || k > c[0].shape[axis]) throw c.Fail($"{k} of {c[0].shape[axis]} elements");
        return [values.narrow(axis, 0, k), indices.narrow(axis, 0, k)];
    }

    private static Tensor CumSum(LoweringCall c)
    {
        Tensor x = c[0];
        long axis = c.Axis(c.Integers(1)[0], x.dim());
        bool reverse = c.Node.Int("reverse", 0) != 0;
        if (reverse) x = x.flip(axis);
        Tensor sums = x.cumsum(axis, x.dtype);
        if (c.Node.Int("exclusive", 0) != 0) sums = sums - x;
        return reverse ? sums.flip(axis) : sums;
    }

    // Values: [off, on]. Indices outside the depth give no 1 at all.
    private static Tensor OneHot(LoweringCall c)
    {
        long depth = (long)c.Number("depth", 1)!.Value, rank = c[0].dim() + 1;
        Tensor index = FromFront(c[0], depth).unsqueeze(-1);
        Tensor hot = where(index.eq(arange(depth)), c[2].select(0, 1), c[2].select(0, 0));
        return hot.movedim([rank - 1], [c.Axis(c.Node.Int("axis", -1), rank)]);
    }
}
