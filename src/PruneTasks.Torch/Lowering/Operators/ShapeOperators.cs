using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Operators that tell or change shapes without touching elements.</summary>
internal static class ShapeOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Shape", Shape),
        One("Size", c => tensor(c[0].numel())),
        One("Reshape", Reshape),
        One("Flatten", Flatten),
        One("Squeeze", Squeeze),
        One("Unsqueeze", Unsqueeze),
        One("Transpose", c => c[0].permute(c.Node.Ints("perm") is { } order ? [.. order] : [.. Enumerable.Range(0, (int)c[0].dim()).Reverse().Select(i => (long)i)])),
        One("Expand", Expand),
        One("Tile", c => c.Integers(1) is var repeats && repeats.Length == c[0].dim() ? c[0].tile(repeats) : throw c.Fail($"{repeats.Length} repeats for {c[0].dim()} axes")) with { Refuse = (_, opset) => opset < 6 ? "the form before opset 6" : null },
        One("DepthToSpace", DepthToSpace),
        One("SpaceToDepth", SpaceToDepth),
    ];

    private static Tensor Shape(LoweringCall c)
    {
        long rank = c[0].dim();
        long Bound(long at) => Math.Clamp(at < 0 ? at + rank : at, 0, rank);
        (long start, long end) = (Bound(c.Node.Int("start", 0)), Bound(c.Node.Int("end", rank)));
        return tensor(c[0].shape[(int)start..(int)Math.Max(start, end)]);
    }

    private static Tensor Reshape(LoweringCall c)
    {
        long[] shape = c.List("shape", 1) ?? throw c.Fail("no shape");
        bool zeroIsZero = c.Node.Int("allowzero", 0) != 0;
        for (int i = 0; i < shape.Length; i++)
            if (shape[i] == 0 && !zeroIsZero) shape[i] = i < c[0].dim() ? c[0].shape[i] : throw c.Fail($"axis {i} has no size to copy");
        return c[0].reshape(shape);
    }

    private static Tensor Flatten(LoweringCall c)
    {
        long axis = c.Node.Int("axis", 1);
        if (axis < 0) axis += c[0].dim();
        long rows = c[0].shape[..(int)axis].Aggregate(1L, (a, b) => a * b), columns = c[0].shape[(int)axis..].Aggregate(1L, (a, b) => a * b);
        return c[0].reshape(rows, columns);
    }

    private static Tensor Squeeze(LoweringCall c)
    {
        Tensor x = c[0];
        IEnumerable<long> axes = c.List("axes", 1)?.Select(a => c.Axis(a, x.dim())) ?? Enumerable.Range(0, (int)x.dim()).Select(i => (long)i).Where(i => c[0].shape[i] == 1);
        foreach (long axis in axes.OrderDescending().ToArray())
        {
            if (x.shape[axis] != 1) throw c.Fail($"axis {axis} has {x.shape[axis]} elements");
            x = x.squeeze(axis);
        }
        return x;
    }

    private static Tensor Unsqueeze(LoweringCall c)
    {
        long[] axes = c.List("axes", 1) ?? throw c.Fail("no axes");
        long rank = c[0].dim() + axes.Length;
        Tensor x = c[0];
        foreach (long axis in axes.Select(a => c.Axis(a, rank)).Order().ToArray()) x = x.unsqueeze(axis);
        return x;
    }

    // Both ways: a 1 in the shape leaves the axis as it is.
    private static Tensor Expand(LoweringCall c)
    {
        long[] wanted = c.Integers(1), have = c[0].shape;
        int rank = Math.Max(wanted.Length, have.Length);
        var shape = new long[rank];
        for (int i = 1; i <= rank; i++)
        {
            long a = i <= wanted.Length ? wanted[^i] : 1, b = i <= have.Length ? have[^i] : 1;
            if (a != b && a != 1 && b != 1) throw c.Fail($"{b} elements cannot be expanded to {a}");
            shape[^i] = a == 1 ? b : a;
        }
        return c[0].expand(shape);
    }

    private static Tensor DepthToSpace(LoweringCall c)
    {
        (long n, long d, long h, long w, long b) = (c[0].shape[0], c[0].shape[1], c[0].shape[2], c[0].shape[3], c.Node.Int("blocksize", 1));
        Tensor x = c.Node.String("mode", "DCR") == "CRD"
            ? c[0].reshape([n, d / (b * b), b, b, h, w]).permute(0, 1, 4, 2, 5, 3)
            : c[0].reshape([n, b, b, d / (b * b), h, w]).permute(0, 3, 4, 1, 5, 2);
        return x.reshape(n, d / (b * b), h * b, w * b);
    }

    private static Tensor SpaceToDepth(LoweringCall c)
    {
        (long n, long d, long h, long w, long b) = (c[0].shape[0], c[0].shape[1], c[0].shape[2], c[0].shape[3], c.Node.Int("blocksize", 1));
        return c[0].reshape([n, d, h / b, b, w / b, b]).permute(0, 3, 5, 1, 2, 4).reshape(n, d * b * b, h / b, w / b);
    }
}
