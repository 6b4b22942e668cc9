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
        if (Coordinates(node, opset) is not ("half_pixel" or "half_pixel_symmetric" or "asymmetric" or "align_corners" or "pytorch_half_pixel" or "tf_half_pixel_for_nn" or "tf_crop_and_resize"))
            return $"coordinates '{Coordinates(node, opset)}'";
        // Whether a place is whole hangs on the last bit of several roundings there, and nothing but that decides the neighbour.
        if (Coordinates(node, opset) == "half_pixel_symmetric" && node.String("mode", "nearest") == "nearest") return "coordinates 'half_pixel_symmetric' for the nearest neighbour";
        if (Coordinates(node, opset) == "align_corners" && Fractions(node, opset) is { } fractions) return fractions;
        return node.String("keep_aspect_ratio_policy", "stretch") is "stretch" or "not_larger" or "not_smaller" ? null : $"policy '{node.String("keep_aspect_ratio_policy")}'";
    }

    // A new length that comes out as a fraction: the standard keeps it in the coordinate, ONNX Runtime rounds it first.
    private static string? Fractions(Node node, long opset)
    {
        IReadOnlyList<float>? scales = node.Attributes.TryGetValue("scales", out AttributeData? a) ? a.Floats : null;
        if (scales is null && node.Inputs.ElementAtOrDefault(opset < 11 || node.OpType == "Upsample" ? 1 : 2) is { } input)
        {
            if (input.Constant is not { } constant) return "aligned corners with scales that are not constant";
            scales = constant.ToFloats();
        }
        if (scales is null) return null;
        IReadOnlyList<Axis>? shape = node.Inputs[0]?.DeclaredShape;
        for (int i = 0; i < scales.Count; i++)
        {
            int axis = node.Ints("axes") is { } axes ? (int)(axes[i] < 0 ? axes[i] + (shape?.Count ?? 0) : axes[i]) : i;
            bool whole = float.IsInteger(scales[i]) || (shape is not null && axis >= 0 && axis < shape.Count && shape[axis].Size is { } size && float.IsInteger(size * scales[i]));
            if (!whole) return "aligned corners with lengths that come out as fractions";
        }
        return null;
    }

    private static string Coordinates(Node node, long opset) =>
        node.String("coordinate_transformation_mode") ?? (opset < 11 || node.OpType == "Upsample" ? "asymmetric" : "half_pixel");

    private static Tensor Resize(LoweringCall c)
    {
        Tensor x = c[0];
        long[] axes = c.Node.Ints("axes") is { } given ? [.. given.Select(a => c.Axis(a, c[0].dim()))] : [.. Enumerable.Range(0, (int)x.dim()).Select(i => (long)i)];
        // Opset 10 and Upsample: (X, scales); later: (X, roi, scales, sizes).
        bool old = c.Opset < 11 || c.Node.OpType == "Upsample";
        float[]? scales = c.Node.Attributes.TryGetValue("scales", out AttributeData? a) ? a.Floats?.ToArray() : Floats(c.Optional(old ? 1 : 2));
        long[]? sizes = scales is null && c.Optional(3) is not null ? c.Integers(3) : null;
        float[]? regions = old ? null : Floats(c.Optional(1));
        if ((scales?.Length ?? sizes?.Length) != axes.Length) throw c.Fail(scales is null && sizes is null ? "neither scales nor sizes" : "not one scale or size for each axis");
        if (sizes is not null && c.Node.String("keep_aspect_ratio_policy", "stretch") is var policy && policy != "stretch")
        {
            // One scale for all axes: the one with which no axis is larger, or none smaller, than asked for.
            float[] each = [.. axes.Select((axis, i) => (float)sizes[i] / c[0].shape[axis])];
            float common = policy == "not_larger" ? each.Min() : each.Max();
            sizes = [.. axes.Select(axis => (long)MathF.Floor(c[0].shape[axis] * common + 0.5f))];
            scales = [.. axes.Select(_ => common)];
        }
        bool crop = Coordinates(c.Node, c.Opset) == "tf_crop_and_resize";
        if (crop && regions?.Length != 2 * axes.Length) throw c.Fail("no region");
        for (int i = 0; i < axes.Length; i++)
        {
            long size = x.shape[axes[i]], target = sizes?[i] ?? (long)MathF.Floor(size * scales![i]);
            float scale = scales?[i] ?? (float)target / size;
            (float, float)? region = crop ? (regions![i], regions[axes.Length + i]) : null;
            if (target != size || scale != 1 || (region is { } r && r != (0, 1))) x = Axis(c, x, axes[i], target, scale, region);
        }
        return x;
    }

    private static float[]? Floats(Tensor? input) => input is { } t && t.numel() > 0 ? t.to(float32).contiguous().data<float>().ToArray() : null;

    private static Tensor Axis(LoweringCall c, Tensor x, long axis, long target, float scale, (float Start, float End)? region)
    {
        long size = x.shape[axis];
        string mode = c.Node.String("mode", "nearest")!;
        bool nearest = mode == "nearest";
        // A filter that looks further where it shrinks (antialias).
        float stretch = c.Node.Int("antialias", 0) != 0 && !nearest ? Math.Min(scale, 1) : 1;
        int reach = nearest ? 0 : (int)Math.Ceiling((mode == "cubic" ? 2 : 1) / stretch), taps = nearest ? 1 : 2 * reach;
        bool outside = c.Node.Int("exclude_outside", 0) != 0;
        var index = new long[taps, target];
        var weight = new float[taps, target];
        var beyond = new bool[target];
        for (long i = 0; i < target; i++)
        {
            float at = Coordinate(Coordinates(c.Node, c.Opset), i, size, target, scale, region);
            beyond[i] = region is not null && (at < 0 || at > size - 1);
            if (nearest)
            {
                (index[0, i], weight[0, i]) = (Math.Clamp(Nearest(at, c.Node.String("nearest_mode") ?? (c.Opset < 11 ? "floor" : "round_prefer_floor")), 0, size - 1), 1);
                continue;
            }
            long first = (long)Math.Floor(at) - reach + 1;
            var weights = new double[taps];
            for (int t = 0; t < taps; t++)
            {
                double distance = Math.Abs(first + t - at) * stretch;
                bool counts = !outside || (first + t >= 0 && first + t < size);
                weights[t] = !counts ? 0 : mode == "cubic" ? Cubic(distance, c.Node.Float("cubic_coeff_a", -0.75f)) : Math.Max(0, 1 - distance);
            }
            double sum = outside || stretch != 1 ? weights.Sum() : 1;
            for (int t = 0; t < taps; t++) (index[t, i], weight[t, i]) = (Math.Clamp(first + t, 0, size - 1), (float)(weights[t] / sum));
        }
        Tensor indices = tensor(index), weights2 = tensor(weight);
        long[] along = [.. Enumerable.Range(0, (int)x.dim()).Select(d => d == axis ? -1L : 1L)];
        Tensor y = nearest
            ? x.index_select(axis, indices.select(0, 0))
            : Enumerable.Range(0, taps)
                .Select(t => x.index_select(axis, indices.select(0, t)) * weights2.select(0, t).reshape(along).to(x.dtype))
                .Aggregate((a, b) => a + b);
        return beyond.Any(b => b) ? where(tensor(beyond).reshape(along), full([], c.Node.Float("extrapolation_value", 0), y.dtype), y) : y;
    }

    // In float32, as ONNX Runtime has it: a place that is whole in float32 may be a little beside it in float64, and round elsewhere.
    private static float Coordinate(string mode, long i, long size, long target, float scale, (float Start, float End)? region) => mode switch
    {
        "asymmetric" => i / scale,
        "align_corners" => target == 1 ? 0 : i * (size - 1f) / (target - 1f),
        "pytorch_half_pixel" when target == 1 => 0,
        "tf_half_pixel_for_nn" => (i + 0.5f) / scale,
        // What rounding the length left over is shared by both ends.
        "half_pixel_symmetric" => (size / 2f * (1 - (target / (scale * size)))) + ((i + 0.5f) / scale) - 0.5f,
        "tf_crop_and_resize" when target == 1 => (region!.Value.Start + region.Value.End) * (size - 1) / 2,
        "tf_crop_and_resize" => (region!.Value.Start * (size - 1)) + (i * (region.Value.End - region.Value.Start) * (size - 1) / (target - 1f)),
        _ => ((i + 0.5f) / scale) - 0.5f,
    };

    private static long Nearest(double at, string mode) => mode switch
    {
        "floor" => (long)Math.Floor(at),
        "ceil" => (long)Math.Ceiling(at),
        "round_prefer_ceil" => (long)Math.Floor(at + 0.5),
        _ => (long)Math.Ceiling(at - 0.5),
    };

    // Keys (1981), eq. 8.
    private static double Cubic(double d, double a) =>
        d < 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}
