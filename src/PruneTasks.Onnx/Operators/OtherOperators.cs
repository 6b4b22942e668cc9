using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Shape arithmetic, constants, control flow, and what else real files carry.</summary>
internal static class OtherOperators
{
    private const AxisBehaviour A = AxisBehaviour.ShapeArithmetic, X = AxisBehaviour.Barrier;

    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        Row("Shape", 1, 1, A, SourceRules.Shape, lowered: true),
        Row("Size", 1, 1, A, SourceRules.Size, lowered: true),
        Row("Constant", 1, 0, A, SourceRules.Constant, lowered: true),
        Row("ConstantOfShape", 9, 1, A, SourceRules.ConstantOfShape, SourceRules.ConstantOfShapeContent, lowered: true),
        Row("Range", 11, 3, A, SourceRules.Range, SourceRules.RangeContent, lowered: true),
        Row("EyeLike", 9, 1, A, SourceRules.EyeLike, lowered: true),
        Row("RandomNormal", 1, 0, A, SourceRules.Random, lowered: true),
        Row("RandomUniform", 1, 0, A, SourceRules.Random, lowered: true),
        Row("RandomNormalLike", 1, 1, A, SourceRules.EyeLike, lowered: true),
        Row("RandomUniformLike", 1, 1, A, SourceRules.EyeLike, lowered: true),
        Row("Bernoulli", 15, 1, AxisBehaviour.Unary, SourceRules.EyeLike, lowered: true),
        Row("Multinomial", 7, 1, X, SourceRules.Multinomial, lowered: true),
        Row("NonZero", 9, 1, X, SourceRules.NonZero, lowered: true),
        Row("If", 1, 1, X, null, lowered: true, outputs: (1, Many)),
        Row("Loop", 1, (2, Many), X, null, lowered: true, outputs: (1, Many)),
        Row("Scan", 8, (1, Many), X, null, lowered: true, outputs: (1, Many)),
        Row("Attention", 23, (3, 6), AxisBehaviour.Attention, AttentionRules.Standard, lowered: true, outputs: (1, 4)),
        Row("RotaryEmbedding", 23, (3, 4), X, ElementwiseRules.Same, lowered: true),
    ];
}
