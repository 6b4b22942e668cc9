using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Element-wise functions of several tensors with the broadcasting of ONNX since opset 7, which is numpy's.</summary>
internal static class BinaryOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        Pair("Add", (a, b) => a + b),
        Pair("Sub", (a, b) => a - b),
        Pair("Mul", (a, b) => a * b),
        // Integers: towards zero, as C does.
        Pair("Div", (a, b) => a.is_floating_point() ? a / b : a.div(b, RoundingMode.trunc)),
        Pair("Pow", (a, b) => Power(a, b)),
        One("Mod", c => c.Node.Int("fmod", 0) == 0 ? c[0].remainder(c[1]) : c[0].fmod(c[1])),
        Pair("Equal", (a, b) => a.eq(b)),
        Pair("Greater", (a, b) => a > b),
        Pair("Less", (a, b) => a < b),
        Pair("GreaterOrEqual", (a, b) => a >= b),
        Pair("LessOrEqual", (a, b) => a <= b),
        Pair("And", (a, b) => a.logical_and(b)),
        Pair("Or", (a, b) => a.logical_or(b)),
        Pair("Xor", (a, b) => a.logical_xor(b)),
        One("Where", c => where(c[0], c[1], c[2])),
        One("Sum", c => c.All().Aggregate((a, b) => a + b)),
        One("Mean", c => c.All().Aggregate((a, b) => a + b) / c.Count),
        One("Max", c => c.All().Aggregate((a, b) => a.maximum(b))),
        One("Min", c => c.All().Aggregate((a, b) => a.minimum(b))),
    ];

    private static LoweringRow Pair(string opType, Func<Tensor, Tensor, Tensor> function) =>
        One(opType, c => function(c[0], c.Opset < 7 ? Aligned(c) : c[1]));

    // Before opset 7 the second tensor could be aligned at an axis of the first; without one at its last axes.
    private static Tensor Aligned(LoweringCall c)
    {
        if (c.Node.Int("broadcast", 0) == 0 || !c.Node.Attributes.ContainsKey("axis")) return c[1];
        long behind = c[0].dim() - c.Axis(c.Node.Int("axis", 0), c[0].dim()) - c[1].dim();
        if (behind < 0) throw c.Fail($"[{string.Join(", ", c[1].shape)}] does not fit [{string.Join(", ", c[0].shape)}] at axis {c.Node.Int("axis", 0)}");
        return c[1].reshape([.. c[1].shape, .. Enumerable.Repeat(1L, (int)behind)]);
    }

    // The result has the type of the base. A scalar exponent is passed as a number: torch has short cuts for 2, 3, ½, −1.
    private static Tensor Power(Tensor a, Tensor b)
    {
        bool scalar = b.dim() == 0 && !b.requires_grad && a.is_floating_point();
        Tensor result = scalar ? a.pow(b.to(float64).item<double>()) : a.pow(b);
        return result.dtype == a.dtype ? result : result.to(a.dtype);
    }
}
