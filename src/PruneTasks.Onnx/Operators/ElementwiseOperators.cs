using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators that work element by element.</summary>
internal static class ElementwiseOperators
{
    private const AxisBehaviour U = AxisBehaviour.Unary, B = AxisBehaviour.Binary;

    private static readonly Action<NodeContext> Same = ElementwiseRules.Same, Wide = ElementwiseRules.Broadcast, Bool = ElementwiseRules.Compare;

    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        // Activations.
        Row("Relu", 1, 1, U, Same, Arithmetic.Unary(x => Math.Max(x, 0), x => Math.Max(x, 0)), lowered: true),
        Row("LeakyRelu", 1, 1, U, Same, lowered: true),
        Row("PRelu", 1, 2, B, Same, lowered: true),
        Row("Elu", 1, 1, U, Same, lowered: true),
        Row("Selu", 1, 1, U, Same, lowered: true),
        Row("Celu", 12, 1, U, Same, lowered: true),
        Row("ThresholdedRelu", 10, 1, U, Same, lowered: true),
        Row("Sigmoid", 1, 1, U, Same, lowered: true),
        Row("HardSigmoid", 1, 1, U, Same, lowered: true),
        Row("HardSwish", 14, 1, U, Same, lowered: true),
        Row("Swish", 24, 1, U, Same),
        Row("Mish", 18, 1, U, Same, lowered: true),
        Row("Softplus", 1, 1, U, Same, lowered: true),
        Row("Softsign", 1, 1, U, Same, lowered: true),
        Row("Shrink", 9, 1, U, Same, lowered: true),
        Row("Gelu", 20, 1, U, Same, lowered: true),
        Row("Tanh", 1, 1, U, Same, lowered: true),
        Row("Erf", 9, 1, U, Same, lowered: true),
        Row("Clip", 1, (1, 3), U, Same, lowered: true),

        // Elementary functions.
        Row("Abs", 1, 1, U, Same, Arithmetic.Unary(Math.Abs, x => x < 0 ? unchecked(-x) : x), lowered: true),
        Row("Neg", 1, 1, U, Same, Arithmetic.Unary(x => -x, x => unchecked(-x)), lowered: true),
        Row("Sign", 9, 1, U, Same, Arithmetic.Unary(x => double.IsNaN(x) ? x : Math.Sign(x), x => Math.Sign(x)), lowered: true),
        Row("Sqrt", 1, 1, U, Same, Arithmetic.Unary(Math.Sqrt), lowered: true),
        Row("Reciprocal", 1, 1, U, Same, Arithmetic.Unary(x => 1 / x), lowered: true),
        Row("Exp", 1, 1, U, Same, Arithmetic.Unary(Math.Exp), lowered: true),
        Row("Log", 1, 1, U, Same, Arithmetic.Unary(Math.Log), lowered: true),
        Row("Floor", 1, 1, U, Same, Arithmetic.Unary(Math.Floor), lowered: true),
        Row("Ceil", 1, 1, U, Same, Arithmetic.Unary(Math.Ceiling), lowered: true),
        Row("Round", 11, 1, U, Same, Arithmetic.Unary(Math.Round), lowered: true),
        Row("Sin", 7, 1, U, Same, Arithmetic.Unary(Math.Sin), lowered: true),
        Row("Cos", 7, 1, U, Same, Arithmetic.Unary(Math.Cos), lowered: true),
        Row("Tan", 7, 1, U, Same, Arithmetic.Unary(Math.Tan), lowered: true),
        Row("Asin", 7, 1, U, Same, lowered: true),
        Row("Acos", 7, 1, U, Same, lowered: true),
        Row("Atan", 7, 1, U, Same, lowered: true),
        Row("Sinh", 9, 1, U, Same, lowered: true),
        Row("Cosh", 9, 1, U, Same, lowered: true),
        Row("Asinh", 9, 1, U, Same, lowered: true),
        Row("Acosh", 9, 1, U, Same, lowered: true),
        Row("Atanh", 9, 1, U, Same, lowered: true),
        Row("Not", 1, 1, U, Same, Arithmetic.Unary(x => x, x => x == 0 ? 1 : 0), lowered: true),
        Row("BitwiseNot", 18, 1, U, Same, Arithmetic.Unary(x => x, x => ~x), lowered: true),
        Row("IsNaN", 9, 1, U, ElementwiseRules.SameBool, lowered: true),
        Row("IsInf", 10, 1, U, ElementwiseRules.SameBool, lowered: true),
        Row("Identity", 1, 1, U, Same, Moves.Reshape, lowered: true),
        Row("Dropout", 1, (1, 3), U, ElementwiseRules.Dropout, lowered: true, outputs: (1, 2)),
        Row("Cast", 1, 1, U, ElementwiseRules.Cast, Arithmetic.Cast, lowered: true),
        Row("CastLike", 15, 2, B, ElementwiseRules.CastLike, lowered: true),

        // Two operands or more, with broadcasting.
        Row("Add", 1, 2, B, Wide, Arithmetic.Binary((a, b) => unchecked(a + b), (a, b) => a + b), lowered: true),
        Row("Sub", 1, 2, B, Wide, Arithmetic.Binary((a, b) => unchecked(a - b), (a, b) => a - b), lowered: true),
        Row("Mul", 1, 2, B, Wide, Arithmetic.Binary((a, b) => unchecked(a * b), (a, b) => a * b), lowered: true),
        Row("Div", 1, 2, B, Wide, Arithmetic.Binary(Arithmetic.Divide, (a, b) => a / b), lowered: true),
        Row("Pow", 1, 2, B, Wide, Arithmetic.Binary((a, b) => (long)Math.Pow(a, b), Math.Pow), lowered: true),
        Row("Mod", 10, 2, B, Wide, Arithmetic.Mod, lowered: true),
        Row("Min", 1, (1, Many), B, Wide, Arithmetic.Binary(Math.Min, Math.Min), lowered: true),
        Row("Max", 1, (1, Many), B, Wide, Arithmetic.Binary(Math.Max, Math.Max), lowered: true),
        Row("Sum", 1, (1, Many), B, Wide, Arithmetic.Binary((a, b) => unchecked(a + b), (a, b) => a + b), lowered: true),
        Row("Mean", 1, (1, Many), B, Wide, lowered: true),
        Row("And", 1, 2, B, Bool, Arithmetic.Binary((a, b) => a & b, (a, _) => a), lowered: true),
        Row("Or", 1, 2, B, Bool, Arithmetic.Binary((a, b) => a | b, (a, _) => a), lowered: true),
        Row("Xor", 1, 2, B, Bool, Arithmetic.Binary((a, b) => a ^ b, (a, _) => a), lowered: true),
        Row("BitwiseAnd", 18, 2, B, Wide, Arithmetic.Binary((a, b) => a & b, (a, _) => a), lowered: true),
        Row("BitwiseOr", 18, 2, B, Wide, Arithmetic.Binary((a, b) => a | b, (a, _) => a), lowered: true),
        Row("BitwiseXor", 18, 2, B, Wide, Arithmetic.Binary((a, b) => a ^ b, (a, _) => a), lowered: true),
        Row("BitShift", 11, 2, B, Wide, lowered: true),
        Row("Equal", 1, 2, B, Bool, Arithmetic.Compare((a, b) => a == b), lowered: true),
        Row("Less", 1, 2, B, Bool, Arithmetic.Compare((a, b) => a < b), lowered: true),
        Row("Greater", 1, 2, B, Bool, Arithmetic.Compare((a, b) => a > b), lowered: true),
        Row("LessOrEqual", 12, 2, B, Bool, Arithmetic.Compare((a, b) => a <= b), lowered: true),
        Row("GreaterOrEqual", 12, 2, B, Bool, Arithmetic.Compare((a, b) => a >= b), lowered: true),
        Row("Where", 9, 3, B, ElementwiseRules.Where, Arithmetic.Where, lowered: true),
    ];
}
