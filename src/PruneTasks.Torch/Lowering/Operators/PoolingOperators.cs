using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>MaxPool and AveragePool over one or two spatial axes.</summary>
internal static class PoolingOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("MaxPool", c => Pool(c, Max)) with { Refuse = Refuse },
        One("AveragePool", c => Pool(c, Average)) with
        {
            Refuse = (node, opset) => Refuse(node, opset)
                ?? (node.Int("ceil_mode", 0) != 0 && node.Int("count_include_pad", 0) != 0 ? "ceil_mode with count_include_pad"
                : node.Ints("dilations")?.Any(d => d != 1) == true ? "dilations" : null),
        },
    ];

    private static string? Refuse(Node node, long opset) => node.Ints("kernel_shape") switch
    {
        null => "no kernel_shape",
        { Count: 1 or 2 } => null,
        { Count: var n } => $"{n} spatial axes",
    };

    private static Tensor Pool(LoweringCall c, Func<LoweringCall, Tensor, WindowGeometry, Tensor> function)
    {
        Tensor x = c[0];
        WindowGeometry g = WindowGeometry.Of(c, [.. c.Node.Ints("kernel_shape")!], x.shape.AsSpan(2));
        if (g.Axes == 2) return function(c, x, g);
        WindowGeometry flat = new([1, .. g.Kernel], [1, .. g.Strides], [1, .. g.Dilations], [0, g.Pads[0], 0, g.Pads[1]]);
        return function(c, x.unsqueeze(2), flat).squeeze(2);
    }

    private static Tensor Max(LoweringCall c, Tensor x, WindowGeometry g)
    {
        // Bytes (the only integers allowed) are exact in float32.
        Tensor y = x.is_floating_point() ? x : x.to(float32);
        y = functional.max_pool2d(PaddingOperators.Spatial(y, g.Pads, double.NegativeInfinity), g.Kernel, g.Strides, [0, 0], g.Dilations, c.Node.Int("ceil_mode", 0) != 0);
        return y.to(x.dtype);
    }

    // Without count_include_pad: sum over the window divided by the sum over a plane of ones, which counts what is really there.
    private static Tensor Average(LoweringCall c, Tensor x, WindowGeometry g)
    {
        bool ceil = c.Node.Int("ceil_mode", 0) != 0;
        Tensor Mean(Tensor y) => functional.avg_pool2d(PaddingOperators.Spatial(y, g.Pads, 0), g.Kernel, g.Strides, [0, 0], ceil);
        if (c.Node.Int("count_include_pad", 0) != 0 || (g.Pads.All(p => p == 0) && !ceil)) return Mean(x);
        return Mean(x) / Mean(ones([1, 1, x.shape[2], x.shape[3]], x.dtype));
    }
}
