using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Cutting and joining along axes.</summary>
internal static class SliceOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Slice", Slice),
        new("Split", Split) { Outputs = int.MaxValue },
        One("Concat", c => Concat(c)),
    ];

    // Attributes before opset 10, inputs since. Bounds are clamped to the axis; a negative step walks backwards.
    private static Tensor Slice(LoweringCall c)
    {
        long[] starts = c.List("starts", 1) ?? throw c.Fail("no starts"), ends = c.List("ends", 2) ?? throw c.Fail("no ends");
        long[] axes = c.List("axes", 3) ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        long[]? steps = c.Optional(4) is null ? null : c.Integers(4);
        Tensor x = c[0];
        for (int i = 0; i < starts.Length; i++)
        {
            long axis = c.Axis(axes[i], x.dim()), size = x.shape[axis], step = steps?[i] ?? 1;
            if (step == 0) throw c.Fail("step 0");
            (long low, long high) = step > 0 ? (0L, size) : (-1L, size - 1);
            long start = Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], Math.Max(low, 0), Math.Max(high, 0));
            // A negative end counts from the back, but the far end of a backward walk is given as anything below −size.
            long end = Math.Clamp(ends[i] < 0 ? ends[i] + size : ends[i], low, high);
            if (step > 0) x = x.slice(axis, start, Math.Max(start, end), step);
            else x = x.index_select(axis, tensor(Backwards(start, end, step, size)));
        }
        return x;
    }

    private static long[] Backwards(long start, long end, long step, long size)
    {
        List<long> indices = [];
        for (long i = start; i > end && size > 0; i += step) indices.Add(i);
        return [.. indices];
    }

    // Sizes: attribute before opset 13, input since, equal parts if neither (num_outputs since 18: the last part may be smaller).
    private static Tensor?[] Split(LoweringCall c)
    {
        long axis = c.Axis(c.Node.Int("axis", 0), c[0].dim()), size = c[0].shape[axis];
        long[]? sizes = c.List("split", 1);
        if (sizes is null)
        {
            int parts = c.Node.Outputs.Count;
            long part = (size + parts - 1) / parts;
            sizes = [.. Enumerable.Range(0, parts).Select(i => Math.Clamp(size - i * part, 0, part))];
        }
        if (sizes.Sum() != size) throw c.Fail($"parts [{string.Join(", ", sizes)}] of an axis of {size}");
        return [.. c[0].split(sizes, axis)];
    }

    private static Tensor Concat(LoweringCall c)
    {
        Tensor[] parts = [.. c.All()];
        return cat(parts, c.Axis(c.Node.Int("axis", 1), parts[0].dim()));
    }
}
