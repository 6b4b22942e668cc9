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
        Map("Identity", x => x),
        One("Cast", c => c[0].to(TypeOf(c.Node)!.Value)) with { Refuse = (node, _) => TypeOf(node) is null ? $"type {node.Int("to", 0)} cannot be computed with" : null },
        One("CastLike", c => c[0].to(c[1].dtype)),
        One("Clip", Clip),
        // Inference: nothing is dropped. The mask (output 1) is not computed.
        One("Dropout", c => c[0]) with
        {
            Refuse = (node, _) => node.Inputs.Count > 2 && node.Inputs[2] is { } training && training.Constant?.ToInt64s() is not [0] ? "training mode" : null,
        },
    ];

    private static LoweringRow Map(string opType, Func<Tensor, Tensor> function) => One(opType, c => function(c[0]));

    private static ScalarType? TypeOf(Node node) => TorchTypes.Of((ElementType)node.Int("to", 0));

    private static Tensor Clip(LoweringCall c)
    {
        (Tensor x, double? low, double? high) = (c[0], c.Number("min", 1), c.Number("max", 2));
        // clamp would turn integers into floats if it were given floats.
        if (low is { } l) x = x.maximum(full_like(x.detach(), l));
        if (high is { } h) x = x.minimum(full_like(x.detach(), h));
        return x;
    }
}
