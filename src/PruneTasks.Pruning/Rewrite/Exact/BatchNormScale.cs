using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A BatchNormalization in inference form as what it is: y = Factor · x + Shift for each channel.</summary>
/// <param name="Node">The node.</param>
/// <param name="Factor">γ / √(σ² + ε), one per channel.</param>
/// <param name="Shift">β − μ · Factor.</param>
internal sealed record BatchNormScale(Node Node, double[] Factor, double[] Shift)
{
    /// <summary>Reads ai.onnx BatchNormalization, opset 7 and later (is_test before); <see langword="null"/> for anything else, and for parameters that are not constants.</summary>
    public static BatchNormScale? Of(Node node, long opset)
    {
        if (node is not { OpType: "BatchNormalization", Domain: "", Inputs.Count: 5 } || node.Int("training_mode", 0) != 0) return null;
        if ((opset < 7 && node.Int("is_test", 0) == 0) || node.Int("spatial", 1) == 0) return null;
        if (node.Outputs.Skip(1).Any(o => o.Uses.Count > 0 || o.IsGraphOutput || o.IsCaptured)) return null;
        float[]?[] given = [.. node.Inputs.Skip(1).Select(i => i?.Constant is { Type: ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 } c ? c.ToFloats() : null)];
        if (given.Any(g => g is null || g.Length != given[0]!.Length)) return null;
        double epsilon = node.Float("epsilon", 1e-5f);
        double[] factor = [.. given[0]!.Zip(given[3]!, (scale, variance) => scale / Math.Sqrt(variance + epsilon))];
        double[] shift = [.. factor.Select((f, c) => given[1]![c] - (given[2]![c] * f))];
        return factor.Concat(shift).All(double.IsFinite) ? new BatchNormScale(node, factor, shift) : null;
    }
}
