using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Products of integers less their zero points. Summed up in float64, which is exact for all sums that an int32 holds.</summary>
internal static class QuantizedProducts
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("MatMulInteger", c => Sums(c, 0, 2, 1, 3).to(int32)),
        One("ConvInteger", c => ConvolutionOperators.Conv(c, Less(c[0], c.Optional(2)), Less(c[1], PerFilter(c, 1, 3)), null).to(int32)),
        // a, its scale and zero point, b, its scale and zero point, those of the result (then bias: in steps of a's scale times b's).
        One("QLinearMatMul", c => Requantized(c, Sums(c, 0, 2, 3, 5), PerRow(c[1]) * PerColumn(c[4]))) with
        {
            // The standard's own cases wrap around where ONNX Runtime stops at the ends of the range.
            RefuseTypes = (node, types) => types.Of(node.Outputs[0]) == ElementType.Int8 ? "int8, whose overflow the standard's cases and ONNX Runtime take differently" : UnknownType(node, types),
        },
        One("QLinearConv", QLinearConv) with { RefuseTypes = UnknownType },
    ];

    private static string? UnknownType(Node node, ElementTypes types) => QuantizeOperators.Range(types.Of(node.Outputs[0])) is null ? "the type of the result is not known" : null;

    private static Tensor QLinearConv(LoweringCall c)
    {
        Tensor x = Less(c[0], c[2]), weight = Less(c[3], PerFilter(c, 3, 5)), scale = c[4];
        Tensor sums = ConvolutionOperators.Conv(c, x, weight, c.Optional(8)?.to(float64));
        if (scale.numel() > 1) scale = scale.reshape([-1, .. Enumerable.Repeat(1L, (int)x.dim() - 2)]);
        return Requantized(c, sums, c[1] * scale);
    }

    private static Tensor Requantized(LoweringCall c, Tensor sums, Tensor scale)
    {
        Tensor steps = (sums * (scale.to(float64) / c[6].to(float64))).round();
        return QuantizeOperators.Saturated(steps + c[7].to(float64), c.OutputType(0));
    }

    private static Tensor Sums(LoweringCall c, int a, int zeroOfA, int b, int zeroOfB) =>
        ProductOperators.Product(c, Less(c[a], c.Optional(zeroOfA) is { } za ? PerRow(za) : null), Less(c[b], c.Optional(zeroOfB) is { } zb ? PerColumn(zb) : null));

    private static Tensor Less(Tensor x, Tensor? zero) => zero is null ? x.to(float64) : x.to(float64) - zero.to(float64);

    // One number for each row of a; with more axes it has them already.
    private static Tensor PerRow(Tensor t) => t.dim() == 1 ? (t.numel() == 1 ? t.reshape([]) : t.unsqueeze(-1)) : t;

    private static Tensor PerColumn(Tensor t) => t.dim() == 1 && t.numel() == 1 ? t.reshape([]) : t;

    private static Tensor? PerFilter(LoweringCall c, int weight, int zero) =>
        c.Optional(zero) is not { } t ? null : t.numel() == 1 ? t.reshape([]) : t.reshape([-1, .. Enumerable.Repeat(1L, (int)c[weight].dim() - 1)]);
}
