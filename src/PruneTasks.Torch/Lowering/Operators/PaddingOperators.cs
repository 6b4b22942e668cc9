using TorchSharp;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Pad: attributes before opset 11, inputs since; axes since 18.</summary>
internal static class PaddingOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Pad", Pad) with
        {
            Refuse = (node, _) => node.String("mode", "constant") is "constant" or "reflect" or "edge" or "wrap" ? null : $"mode '{node.String("mode")}'",
        },
    ];

    /// <summary>Pads axes 2 … with <paramref name="value"/>: [begin of each axis, end of each axis].</summary>
    internal static Tensor Spatial(Tensor x, long[] pads, double value)
    {
        if (pads.All(p => p == 0)) return x;
        int axes = pads.Length / 2;
        // torch lists the last axis first, begin and end together.
        long[] flat = [.. Enumerable.Range(0, axes).Reverse().SelectMany(i => new[] { pads[i], pads[axes + i] })];
        return nn.functional.pad(x, flat, PaddingModes.Constant, value);
    }

    private static Tensor Pad(LoweringCall c)
    {
        Tensor x = c[0];
        long[] pads = (c.Opset < 11 ? c.List("pads", 99) ?? c.List("paddings", 99) : c.List("pads", 1)) ?? throw c.Fail("no pads");
        long[] axes = c.Optional(3) is null ? [.. Enumerable.Range(0, (int)x.dim()).Select(i => (long)i)] : [.. c.Integers(3).Select(a => c.Axis(a, c[0].dim()))];
        if (pads.Length != 2 * axes.Length) throw c.Fail($"{pads.Length} pads for {axes.Length} axes");
        string mode = c.Node.String("mode", "constant")!;
        double value = c.Number("value", 2) ?? 0;
        for (int i = 0; i < axes.Length; i++)
        {
            (long begin, long end, long axis) = (pads[i], pads[axes.Length + i], axes[i]);
            if (begin == 0 && end == 0) continue;
            if (mode != "constant") x = x.index_select(axis, tensor(Indices(c, mode, x.shape[axis], begin, end)));
            else x = Constant(x, axis, begin, end, value);
        }
        return x;
    }

    /// <summary>Pads one axis, or cuts it where a pad is negative.</summary>
    internal static Tensor Constant(Tensor x, long axis, long begin, long end, double value)
    {
        long cut = Math.Max(-begin, 0), length = x.shape[axis] - cut - Math.Max(-end, 0);
        Tensor inner = x.narrow(axis, cut, length);
        Tensor Filled(long size) => full([.. x.shape[..(int)axis], size, .. x.shape[(int)(axis + 1)..]], value, x.dtype);
        List<Tensor> parts = [];
        if (begin > 0) parts.Add(Filled(begin));
        parts.Add(inner);
        if (end > 0) parts.Add(Filled(end));
        return cat(parts, axis);
    }

    private static long[] Indices(LoweringCall c, string mode, long size, long begin, long end)
    {
        if (size == 0 || (mode == "reflect" && size == 1)) throw c.Fail($"an axis of {size} cannot be padded by '{mode}'");
        long period = 2 * (size - 1);
        long At(long i) => mode switch
        {
            "edge" => Math.Clamp(i, 0, size - 1),
            "wrap" => ((i % size) + size) % size,
            _ => ((i % period) + period) % period is var m && m < size ? m : period - m,
        };
        var indices = new long[Math.Max(0, size + begin + end)];
        for (long i = 0; i < indices.Length; i++) indices[i] = At(i - begin);
        return indices;
    }
}
