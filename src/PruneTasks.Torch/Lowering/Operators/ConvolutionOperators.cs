using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Conv and ConvTranspose over one, two or three spatial axes.</summary>
internal static class ConvolutionOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        // A stride of one more than the kernel reaches leaves out one place at the end, for both judges.
        One("Conv", Conv) with { Refuse = (node, _) => node.Inputs.ElementAtOrDefault(1)?.Constant is { Shape.Count: > 2 } w ? Gaps(node, [.. w.Shape.Skip(2)], 1) : null },
        One("ConvTranspose", ConvTranspose) with { Refuse = (node, _) => node.Inputs.ElementAtOrDefault(1)?.Constant is { Shape.Count: > 2 } w ? Gaps(node, [.. w.Shape.Skip(2)]) : null },
    ];

    /// <summary>Conv as it stands: data, weight, bias.</summary>
    internal static Tensor Conv(LoweringCall c) => Conv(c, c[0], c[1], c.Optional(2));

    /// <summary>Convolution by the attributes of the node.</summary>
    internal static Tensor Conv(LoweringCall c, Tensor x, Tensor weight, Tensor? bias)
    {
        WindowGeometry g = WindowGeometry.Of(c, weight.shape[2..], x.shape.AsSpan(2));
        if (Gaps(c.Node, g.Kernel, 1) is { } gaps) throw c.Fail(gaps);
        long groups = c.Node.Int("group", 1);
        long[] pads = g.Begin;
        if (!g.IsSymmetric || pads.Any(p => p < 0)) (x, pads) = (PaddingOperators.Spatial(x, g.Pads, 0), new long[g.Axes]);
        return g.Axes switch
        {
            1 => functional.conv1d(x, weight, bias, g.Strides[0], pads[0], g.Dilations[0], groups),
            2 => functional.conv2d(x, weight, bias, g.Strides, pads, g.Dilations, groups),
            3 => functional.conv3d(x, weight, bias, g.Strides, pads, g.Dilations, groups),
            _ => throw c.Fail($"{g.Axes} spatial axes"),
        };
    }

    private static Tensor ConvTranspose(LoweringCall c)
    {
        (Tensor x, Tensor weight, Tensor? bias) = (c[0], c[1], c.Optional(2));
        WindowGeometry g = WindowGeometry.Of(c, weight.shape[2..], x.shape.AsSpan(2));
        long[] extra = [.. c.Node.Ints("output_padding") ?? new long[g.Axes]];
        string auto = c.Node.String("auto_pad", "NOTSET")!;
        if (Gaps(c.Node, g.Kernel) is { } gaps) throw c.Fail(gaps);
        long[]? size = c.Node.Ints("output_shape") is { } given ? [.. given.TakeLast(g.Axes)]
            : auto is "SAME_UPPER" or "SAME_LOWER" ? [.. Enumerable.Range(0, g.Axes).Select(i => x.shape[i + 2] * g.Strides[i])] : null;
        bool native = size is null && g.IsSymmetric && g.Begin.All(p => p >= 0) && Enumerable.Range(0, g.Axes).All(i => extra[i] == 0 || extra[i] < Math.Max(g.Strides[i], g.Dilations[i]));
        if (native) return Native(c, x, weight, bias, g, g.Begin, extra);
        // All that the kernels reach, then cut or filled up with zeros at both ends of each axis.
        Tensor y = Native(c, x, weight, null, g, new long[g.Axes], new long[g.Axes]);
        for (int i = 0; i < g.Axes; i++)
        {
            (long begin, long end) = (g.Pads[i], g.Pads[g.Axes + i]);
            if (size is not null)
            {
                // Rounded down also below 0, where the axis grows.
                long total = y.shape[i + 2] + extra[i] - size[i], half = total >> 1;
                (begin, end) = auto == "SAME_UPPER" ? (half, total - half) : (total - half, half);
            }
            y = PaddingOperators.Constant(y, i + 2, -begin, extra[i] - end, 0);
        }
        return bias is null ? y : y + bias.reshape([-1, .. Enumerable.Repeat(1L, g.Axes)]);
    }

    /// <summary>Why a window that is padded to the same size is refused: strides beyond it, where the standard and ONNX Runtime place it differently.</summary>
    internal static string? Gaps(Node node, long[] kernel, long slack = 0)
    {
        if (node.String("auto_pad", "NOTSET") is not ("SAME_UPPER" or "SAME_LOWER") || node.Ints("strides") is not { } strides) return null;
        bool any = kernel.Where((k, i) => i < strides.Count && ((k - 1) * (node.Ints("dilations")?[i] ?? 1)) + 1 + slack < strides[i]).Any();
        return any ? "padded to the same size with strides that leave gaps between kernels" : null;
    }

    private static Tensor Native(LoweringCall c, Tensor x, Tensor weight, Tensor? bias, WindowGeometry g, long[] pads, long[] extra)
    {
        long groups = c.Node.Int("group", 1);
        return g.Axes switch
        {
            1 => functional.conv_transpose1d(x, weight, bias, g.Strides[0], pads[0], extra[0], g.Dilations[0], groups),
            2 => functional.conv_transpose2d(x, weight, bias, g.Strides, pads, extra, g.Dilations, groups),
            3 => functional.conv_transpose3d(x, weight, bias, g.Strides, pads, extra, g.Dilations, groups),
            _ => throw c.Fail($"{g.Axes} spatial axes"),
        };
    }
}
