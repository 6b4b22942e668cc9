using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Operators whose result depends on which elements are there: how many, where, in what order.</summary>
internal static class SelectionOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("NonZero", c => c[0].dim() == 0 ? c[0].reshape(1).nonzero().t() : c[0].nonzero().t()),
        One("Compress", Compress),
        new("Unique", Unique) { Outputs = 4 },
        One("ReverseSequence", ReverseSequence),
        One("OptionalHasElement", c => tensor(c.Optional(0) is not null)) with { RefuseTypes = NotATensor },
        One("OptionalGetElement", c => c[0]) with { RefuseTypes = NotATensor },
    ];

    private static string? NotATensor(Node node, ElementTypes types) =>
        node.Inputs.Any(i => i is not null && types.Of(i) == ElementType.Undefined) ? "an optional or a sequence" : null;

    // The condition may be shorter than the axis.
    private static Tensor Compress(LoweringCall c)
    {
        Tensor kept = c[1].nonzero().reshape(-1);
        return c.Node.Attributes.ContainsKey("axis") ? c[0].index_select(c.Axis(c.Node.Int("axis", 0), c[0].dim()), kept) : c[0].reshape(-1).index_select(0, kept);
    }

    // Y, first places, for each element its place in Y, how often; unsorted: in the order of the first places.
    private static Tensor?[] Unique(LoweringCall c)
    {
        bool whole = !c.Node.Attributes.ContainsKey("axis");
        Tensor x = whole ? c[0].reshape(-1) : c[0];
        long axis = whole ? 0 : c.Axis(c.Node.Int("axis", 0), x.dim());
        (_, Tensor? places, _) = x.unique(sorted: true, return_inverse: true, return_counts: false, dim: (int)axis);
        long[] group = places!.to(int64).contiguous().data<long>().ToArray();
        int groups = group.Length == 0 ? 0 : (int)group.Max() + 1;
        var first = new long[groups];
        var count = new long[groups];
        for (int i = group.Length - 1; i >= 0; i--) (first[group[i]], count[group[i]]) = (i, count[group[i]] + 1);
        int[] order = [.. Enumerable.Range(0, groups)];
        if (c.Node.Int("sorted", 1) == 0) Array.Sort(order, (a, b) => first[a].CompareTo(first[b]));
        var rank = new long[groups];
        for (int i = 0; i < groups; i++) rank[order[i]] = i;
        long[] starts = [.. order.Select(g => first[g])];
        return [x.index_select(axis, tensor(starts)), tensor(starts), tensor(group.Select(g => rank[g]).ToArray()), tensor(order.Select(g => count[g]).ToArray())];
    }

    // The first sequence_lens[b] steps of sample b backwards, the rest as it is.
    private static Tensor ReverseSequence(LoweringCall c)
    {
        Tensor x = c[0];
        long time = c.Axis(c.Node.Int("time_axis", 0), x.dim()), batch = c.Axis(c.Node.Int("batch_axis", 1), x.dim());
        if (time == batch || time > 1 || batch > 1) throw c.Fail($"time axis {time} and batch axis {batch}");
        Tensor lengths = c[1].to(int64).reshape(-1, 1), steps = arange(x.shape[time], int64).reshape(1, -1);
        Tensor index = where(steps < lengths, lengths - 1 - steps, steps);
        if (time == 0) index = index.t();
        return x.gather(time, index.reshape([.. index.shape, .. Enumerable.Repeat(1L, (int)x.dim() - 2)]).expand(x.shape));
    }
}
