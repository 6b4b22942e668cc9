using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Sampling at given places: GridSample over two or three axes, and the grid of an affine map.</summary>
internal static class GridOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("GridSample", GridSample) with
        {
            Refuse = (node, _) => Mode(node) is null && !IsCubic(node) ? $"mode '{node.String("mode")}'"
                : Padding(node) is null ? $"padding mode '{node.String("padding_mode")}'" : null,
        },
        One("AffineGrid", AffineGrid) with { Refuse = (node, _) => node.Inputs.ElementAtOrDefault(1)?.Constant is { } size ? LoneCorner(node, size.ToInt64s()) : null },
    ];

    private static bool IsCubic(Node node) => node.String("mode") is "cubic" or "bicubic";

    // Renamed in opset 20.
    private static GridSampleMode? Mode(Node node) => node.String("mode", "linear") switch
    {
        "linear" or "bilinear" => GridSampleMode.Bilinear,
        "nearest" => GridSampleMode.Nearest,
        _ => null,
    };

    private static GridSamplePaddingMode? Padding(Node node) => node.String("padding_mode", "zeros") switch
    {
        "zeros" => GridSamplePaddingMode.Zeros,
        "border" => GridSamplePaddingMode.Border,
        "reflection" => GridSamplePaddingMode.Reflection,
        _ => null,
    };

    private static Tensor GridSample(LoweringCall c)
    {
        (Tensor x, Tensor grid) = (c[0], c[1]);
        if (x.dim() is not (4 or 5) || grid.dim() != x.dim() || grid.shape[^1] != x.dim() - 2 || grid.shape[0] != x.shape[0])
            throw c.Fail($"a grid [{string.Join(", ", grid.shape)}] for [{string.Join(", ", x.shape)}]");
        if (IsCubic(c.Node))
        {
            if (x.dim() != 4) throw c.Fail("cubic over three axes");
            return CubicSampling.Sample(x, grid.to(x.dtype), c.Node.String("padding_mode", "zeros")!, c.Node.Int("align_corners", 0) != 0);
        }
        return functional.grid_sample(x, grid.to(x.dtype), Mode(c.Node)!.Value, Padding(c.Node)!.Value, c.Node.Int("align_corners", 0) != 0);
    }

    // Where two corners are one place, torch takes the middle and ONNX Runtime an end.
    private static string? LoneCorner(Node node, long[] size) =>
        node.Int("align_corners", 0) != 0 && size.Skip(2).Contains(1) ? "aligned corners along an axis of one" : null;

    private static Tensor AffineGrid(LoweringCall c)
    {
        long[] size = c.Integers(1);
        long axes = size.Length - 2;
        if (axes is not (2 or 3) || !c[0].shape.SequenceEqual([size[0], axes, axes + 1])) throw c.Fail($"a map [{string.Join(", ", c[0].shape)}] for [{string.Join(", ", size)}]");
        if (LoneCorner(c.Node, size) is { } problem) throw c.Fail(problem);
        return functional.affine_grid(c[0], size, c.Node.Int("align_corners", 0) != 0);
    }
}
