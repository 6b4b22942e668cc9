using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Between floats and integers with scale and zero point: for a whole tensor, along an axis, or by blocks of it (opset 21).</summary>
internal static class QuantizeOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("QuantizeLinear", c => Saturated(ToSteps(c), c.OutputType(0))) with
        {
            RefuseTypes = (node, types) => Range(types.Of(node.Outputs[0])) is null ? "the type of the result is not known" : null,
        },
        One("DequantizeLinear", Dequantize),
        new("DynamicQuantizeLinear", Dynamic) { Outputs = 3 },
    ];

    /// <summary>Least and largest number of a quantised type; <see langword="null"/> for others.</summary>
    internal static (double Min, double Max)? Range(ElementType type) => type switch
    {
        ElementType.UInt8 => (0, 255),
        ElementType.Int8 => (-128, 127),
        ElementType.UInt16 => (0, 65535),
        ElementType.Int16 => (-32768, 32767),
        ElementType.Int32 => (int.MinValue, int.MaxValue),
        _ => null,
    };

    /// <summary>Whole numbers in a float tensor, cut to the range of <paramref name="type"/> and stored as it.</summary>
    internal static Tensor Saturated(Tensor value, ElementType type)
    {
        (double min, double max) = Range(type) ?? throw new NotSupportedException($"{type} is no quantised type");
        return value.clamp(min, max).to(TorchTypes.Of(type)!.Value);
    }

    // x / scale, rounded to the even neighbour, plus the zero point.
    private static Tensor ToSteps(LoweringCall c)
    {
        Tensor x = c[0].is_floating_point() ? c[0] : c[0].to(float32);
        Tensor steps = (x / Stretched(c, 1).to(x.dtype)).round();
        return c.Optional(2) is null ? steps : steps + Stretched(c, 2).to(x.dtype);
    }

    private static Tensor Dequantize(LoweringCall c)
    {
        // An int32 and its zero point do not fit a float32.
        Tensor wide = c[0].to(float64);
        if (c.Optional(2) is not null) wide -= Stretched(c, 2).to(float64);
        Tensor scale = Stretched(c, 1);
        return wide.to(scale.dtype) * scale;
    }

    // Scale or zero point so that it broadcasts over input 0.
    private static Tensor Stretched(LoweringCall c, int input)
    {
        Tensor t = c[input], x = c[0];
        if (t.numel() == 1 && t.dim() <= 1) return t.reshape([]);
        long axis = c.Axis(c.Node.Int("axis", 1), x.dim()), block = c.Node.Int("block_size", 0);
        if (block > 0)
        {
            if (t.dim() != x.dim() || t.shape[axis] * block < x.shape[axis]) throw c.Fail($"blocks of {block} do not fit [{string.Join(", ", t.shape)}] and [{string.Join(", ", x.shape)}]");
            return t.repeat_interleave(block, axis).narrow(axis, 0, x.shape[axis]);
        }
        if (t.dim() != 1 || t.shape[0] != x.shape[axis]) throw c.Fail($"[{string.Join(", ", t.shape)}] does not fit axis {axis} of [{string.Join(", ", x.shape)}]");
        return t.reshape([.. Enumerable.Range(0, (int)x.dim()).Select(i => i == axis ? -1L : 1L)]);
    }

    // y = saturate(round(x / scale) + zero), scale = (max − min) / 255 with 0 inside the range.
    private static Tensor?[] Dynamic(LoweringCall c)
    {
        Tensor x = c[0], none = zeros([], x.dtype);
        Tensor max = x.max().maximum(none), min = x.min().minimum(none);
        Tensor scale = (max - min) / 255;
        Tensor zero = (min.neg() / scale).clamp(0, 255).round();
        zero = where(scale.eq(0), none, zero);
        Tensor steps = where(scale.eq(0), zeros_like(x), (x / scale).round());
        return [Saturated(steps + zero, ElementType.UInt8), scale, zero.to(ScalarType.Byte)];
    }
}
