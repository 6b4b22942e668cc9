using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Resize (opset 10 …) and Upsample: each axis on its own as a weighted sum of gathered neighbours.</summary>
/// <remarks>Coordinates and weights follow the formulas of the operator's page (onnx/docs/Operators.md, Resize).</remarks>
internal static class ResizeOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Resize", Resize) with { Refuse = Refuse },
        One("Upsample", Resize) with { Refuse = Refuse },
    ];

    private static string? Refuse(Node node, long opset)
    {
        if (node.String("mode", "nearest") is not ("nearest" or "linear" or "bilinear" or "cubic")) return $"mode '{node.String("mode")}'";
        if (Coordinates(node, opset) is not ("half_pixel" or "asymmetric" or "align_corners" or "pytorch_half_pixel")) return $"coordinates '{Coordinates(node, opset)}'";
        if (node.Int("antialias", 0) != 0) return "antialias";
        if (node.Int("exclude_outside", 0) != 0) return "exclude_outside";
        return node.String("keep_aspect_ratio_policy", "stretch") != "stretch" ? "keep_aspect_ratio_policy" : null;
    }

    private static string Coordinates(Node node, long opset) =>
        node.String("coordinate_transformation_mode") ?? (opset < 11 || node.OpType == "Upsample" ? "asymmetric" : "half_pixel");

    private static Tensor Resize(LoweringCall c)
    {
        Tensor x = c[0];
        long[] axes = c.Node.Ints("axes") is { } given ? [.. given.Select(a => c.Axis(a, c[0].dim()))] : [.. Enumerable.Range(0, (int)x.dim()).Select(i => (long)i)];
        // Opset 10 and Upsample: (X, scales); later: (X, roi, scales, sizes).
        int at = c.Opset < 11 || c.Node.OpType == "Upsample" ? 1 : 2;
        double[]? scales = c.Node.Attributes.TryGetValue("scales", out AttributeData? a) ? a.Floats?.Select(f => (double)f).ToArray()
            : c.Optional(at) is { } s && s.numel() > 0 ? s.to(float64).data<double>().ToArray() : null;
        long[]? sizes = scales is null && c.Optional(3) is not null ? c.Integers(3) : null;
        for (int i = 0; i < axes.Length; i++)
        {
            long size = x.shape[axes[i]];
            long target = sizes?[i] ?? (scales is null ? throw c.Fail("neither scales nor sizes") : (long)Math.Floor(size * scales[i]));
            double scale = scales?[i] ?? (double)target / size;
            if (target != size || scale != 1) x = Axis(c, x, axes[i], target, scale);
        }
        return x;
    }

    private static Tensor Axis(LoweringCall c, Tensor x, long axis, long target, double scale)
    {
        long size = x.shape[axis];
        string coordinates = Coordinates(c.Node, c.Opset), mode = c.Node.String("mode", "nearest")!;
        int taps = mode switch { "nearest" => 1, "cubic" => 4, _ => 2 };
        var index = new long[taps, target];
        var weight = new float[taps, target];
        for (long i = 0; i < target; i++)
        {
            double at = coordinates switch
            {
                "asymmetric" => i / scale,
                // By scales the new length may be a fraction; the operator's page keeps it in the coordinate.
                "align_corners" => target == 1 ? 0 : i * (size - 1.0) / (scale * size - 1),
                "pytorch_half_pixel" when target == 1 => 0,
                _ => (i + 0.5) / scale - 0.5,
            };
            double[] weights = mode switch
            {
                "nearest" => [1],
                "cubic" => Cubic(at - Math.Floor(at), c.Node.Float("cubic_coeff_a", -0.75f)),
                _ => [1 - (at - Math.Floor(at)), at - Math.Floor(at)],
            };
            long first = mode == "nearest" ? Nearest(at, c.Node.String("nearest_mode") ?? (c.Opset < 11 ? "floor" : "round_prefer_floor")) : (long)Math.Floor(at) - (taps == 4 ? 1 : 0);
            for (int t = 0; t < taps; t++) (index[t, i], weight[t, i]) = (Math.Clamp(first + t, 0, size - 1), (float)weights[t]);
        }
        Tensor indices = tensor(index), weights2 = tensor(weight);
        if (taps == 1) return x.index_select(axis, indices.select(0, 0));
        long[] along = [.. Enumerable.Range(0, (int)x.dim()).Select(d => d == axis ? -1L : 1L)];
        return Enumerable.Range(0, taps)
            .Select(t => x.index_select(axis, indices.select(0, t)) * weights2.select(0, t).reshape(along).to(x.dtype))
            .Aggregate((a, b) => a + b);
    }

    private static long Nearest(double at, string mode) => mode switch
    {
        "floor" => (long)Math.Floor(at),
        "ceil" => (long)Math.Ceiling(at),
        "round_prefer_ceil" => (long)Math.Floor(at + 0.5),
        _ => (long)Math.Ceiling(at - 0.5),
    };

    // Keys (1981), eq. 8, for the four neighbours at −1, 0, 1, 2.
    private static double[] Cubic(double f, double a)
    {
        double Near(double d) => ((a + 2) * d - (a + 3)) * d * d + 1;
        double Far(double d) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
        return [Far(1 + f), Near(f), Near(1 - f), Far(2 - f)];
    }
}
