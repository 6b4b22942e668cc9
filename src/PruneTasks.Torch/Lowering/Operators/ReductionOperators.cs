using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Reductions over axes; the axes are an attribute before opset 18 (ReduceSum: 13), then an input.</summary>
internal static class ReductionOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        Reduce("ReduceSum", (x, axes, keep) => x.sum(axes, keep, x.dtype)),
        Reduce("ReduceMean", (x, axes, keep) => x.is_floating_point() ? x.mean(axes, keep) : x.to(float64).mean(axes, keep).trunc().to(x.dtype)),
        Reduce("ReduceMax", (x, axes, keep) => x.numel() == 0 ? Empty(x, axes, keep, double.NegativeInfinity) : x.amax(axes, keep)),
        Reduce("ReduceMin", (x, axes, keep) => x.numel() == 0 ? Empty(x, axes, keep, double.PositiveInfinity) : x.amin(axes, keep)),
        Reduce("ReduceProd", (x, axes, keep) => Each(x, axes, keep, (y, axis) => y.prod(axis, true, x.dtype))),
        Reduce("ReduceL1", (x, axes, keep) => x.abs().sum(axes, keep, x.dtype)),
        Reduce("ReduceL2", (x, axes, keep) => x.square().sum(axes, keep).sqrt()),
        Reduce("ReduceSumSquare", (x, axes, keep) => x.square().sum(axes, keep, x.dtype)),
        Reduce("ReduceLogSum", (x, axes, keep) => x.sum(axes, keep).log()),
        Reduce("ReduceLogSumExp", (x, axes, keep) => Each(x, axes, keep, (y, axis) => y.logsumexp(axis, true))),
        One("ArgMax", c => Arg(c, (x, axis) => x.argmax(axis, true))),
        One("ArgMin", c => Arg(c, (x, axis) => x.argmin(axis, true))),
        One("GlobalAveragePool", c => c[0].mean(Spatial(c[0]), true)),
        One("GlobalMaxPool", c => c[0].amax(Spatial(c[0]), true)),
        One("GlobalLpPool", c => c[0].abs().pow(c.Node.Int("p", 2)).sum(Spatial(c[0]), true, c[0].dtype).pow(1.0 / c.Node.Int("p", 2))),
    ];

    private static LoweringRow Reduce(string opType, Func<Tensor, long[], bool, Tensor> function) => One(opType, c =>
    {
        Tensor x = c[0];
        long[] axes = [.. (c.List("axes", 1) ?? []).Select(a => c.Axis(a, x.dim()))];
        if (axes.Length == 0)
        {
            // No axis is reduced; what the operator does to each element stays (ReduceL1 is the sum of magnitudes). An axis of one stands for none.
            if (c.Node.Int("noop_with_empty_axes", 0) != 0 || x.dim() == 0) return function(x.unsqueeze(0), [0], false);
            axes = [.. Enumerable.Range(0, (int)x.dim()).Select(i => (long)i)];
        }
        return function(x, axes, c.Node.Int("keepdims", 1) != 0);
    });

    private static Tensor Each(Tensor x, long[] axes, bool keep, Func<Tensor, long, Tensor> function)
    {
        foreach (long axis in axes) x = function(x, axis);
        if (keep) return x;
        foreach (long axis in axes.OrderDescending()) x = x.squeeze(axis);
        return x;
    }

    // The maximum of nothing is −∞, the minimum +∞.
    private static Tensor Empty(Tensor x, long[] axes, bool keep, double value)
    {
        IEnumerable<long> sizes = x.shape.Select((size, axis) => axes.Contains(axis) ? (keep ? 1 : -1) : size).Where(size => size >= 0);
        return full([.. sizes], value, x.dtype);
    }

    private static Tensor Arg(LoweringCall c, Func<Tensor, long, Tensor> function)
    {
        long axis = c.Axis(c.Node.Int("axis", 0), c[0].dim());
        // torch takes the first of equal elements: the last one is the first from the back.
        bool last = c.Node.Int("select_last_index", 0) != 0;
        Tensor y = function(last ? c[0].flip(axis) : c[0], axis);
        if (last) y = c[0].shape[axis] - 1 - y;
        return c.Node.Int("keepdims", 1) != 0 ? y : y.squeeze(axis);
    }

    private static long[] Spatial(Tensor x) => [.. Enumerable.Range(2, (int)x.dim() - 2).Select(i => (long)i)];
}
