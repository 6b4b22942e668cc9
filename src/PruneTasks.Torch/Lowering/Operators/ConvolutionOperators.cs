using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Conv and ConvTranspose over one, two or three spatial axes.</summary>
internal static class ConvolutionOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Conv", Conv),
        One("ConvTranspose", ConvTranspose) with
        {
            Refuse = (node, _) => node.String("auto_pad", "NOTSET") is "SAME_UPPER" or "SAME_LOWER" || node.Ints("output_shape") is not null ? "a given output shape" : null,
        },
    ];

    internal static Tensor Conv(LoweringCall c)
    {
        (Tensor x, Tensor weight, Tensor? bias) = (c[0], c[1], c.Optional(2));
        WindowGeometry g = WindowGeometry.Of(c, weight.shape[2..], x.shape.AsSpan(2));
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
        if (!g.IsSymmetric) throw c.Fail("pads differ at the two ends of an axis");
        long[] extra = [.. c.Node.Ints("output_padding") ?? new long[g.Axes]];
        long groups = c.Node.Int("group", 1);
        return g.Axes switch
        {
            1 => functional.conv_transpose1d(x, weight, bias, g.Strides[0], g.Begin[0], extra[0], g.Dilations[0], groups),
            2 => functional.conv_transpose2d(x, weight, bias, g.Strides, g.Begin, extra, g.Dilations, groups),
            3 => functional.conv_transpose3d(x, weight, bias, g.Strides, g.Begin, extra, g.Dilations, groups),
            _ => throw c.Fail($"{g.Axes} spatial axes"),
        };
    }
}
