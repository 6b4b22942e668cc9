using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Element-wise functions of one tensor, and conversions. ai.onnx, all opsets unless a row says otherwise.</summary>
internal static class UnaryOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        Map("Abs", x => x.abs()),
        Map("Neg", x => x.neg()),
        Map("Exp", x => x.exp()),
        Map("Log", x => x.log()),
        Map("Sqrt", x => x.sqrt()),
        Map("Reciprocal", x => x.reciprocal()),
        Map("Floor", x => x.floor()),
        Map("Ceil", x => x.ceil()),
        // Halves go to the even neighbour in both.
        Map("Round", x => x.round()),
        Map("Sign", x => x.sign()),
        Map("Sin", x => x.sin()),
        Map("Cos", x => x.cos()),
        Map("Tan", x => x.tan()),
        Map("Asin", x => x.asin()),
        Map("Acos", x => x.acos()),
        Map("Atan", x => x.atan()),
        Map("Sinh", x => x.sinh()),
        Map("Cosh", x => x.cosh()),
        Map("Asinh", x => x.asinh()),
        Map("Acosh", x => x.acosh()),
        Map("Atanh", x => x.atanh()),
        Map("Erf", x => x.erf()),
        Map("Not", x => x.logical_not()),
        Map("IsNaN", x => x.isnan()),
        One("IsInf", c => IsInfinite(c[0], c.Node.Int("detect_positive", 1) != 0, c.Node.Int("detect_negative", 1) != 0)),
        Map("Identity", x => x),
        // Half precision is rounded here, where the model says so; elsewhere it is not.
        One("Cast", c => TorchTypes.Rounded(c[0], (ElementType)c.Node.Int("to", 0))) with
        {
            Refuse = (node, _) => (ElementType)node.Int("to", 0) is var type && TorchTypes.Of(type) is null ? $"{TorchTypes.NameOf(type)} cannot be computed with" : null,
        },
        One("CastLike", c => TorchTypes.Rounded(c[0], c.TypeOf(1))) with
        {
            RefuseTypes = (node, types) => TorchTypes.Of(types.Of(node.Inputs.ElementAtOrDefault(1))) is null ? "the type to convert to is not known" : null,
        },
        One("Clip", Clip),
        new("Dropout", Dropout) { Outputs = 2, Refuse = RefuseDropout },
    ];

    private static LoweringRow Map(string opType, Func<Tensor, Tensor> function) => One(opType, c => function(c[0]));

    private static Tensor IsInfinite(Tensor x, bool positive, bool negative) =>
        positive ? (negative ? x.isinf() : x.isposinf()) : negative ? x.isneginf() : zeros_like(x).to(ScalarType.Bool);

    // Inference: nothing is dropped, and the mask says so. It is of the data's type before opset 10.
    private static Tensor?[] Dropout(LoweringCall c) => [c[0], c.IsUsed(1) ? ones_like(c[0]).to(c.Opset < 10 ? c[0].dtype : ScalarType.Bool) : null];

    private static string? RefuseDropout(Node node, long opset) =>
        opset < 7 ? (node.Int("is_test", 0) == 0 ? "training mode (is_test is 0)" : null)
        : node.Inputs.Count > 2 && node.Inputs[2] is { } training && training.Constant?.ToInt64s() is not [0] ? "training mode" : null;

    private static Tensor Clip(LoweringCall c)
    {
        (Tensor x, double? low, double? high) = (c[0], c.Number("min", 1), c.Number("max", 2));
        // clamp would turn integers into floats if it were given floats.
        if (low is { } l) x = x.maximum(full_like(x.detach(), l));
        if (high is { } h) x = x.minimum(full_like(x.detach(), h));
        return x;
    }
}
