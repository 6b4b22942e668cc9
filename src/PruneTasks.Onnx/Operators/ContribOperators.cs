using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators of com.microsoft: what ONNX Runtime's optimiser leaves in files.</summary>
internal static class ContribOperators
{
    private const AxisBehaviour X = AxisBehaviour.Barrier;

    public static IEnumerable<OperatorInfo> Rows { get; } = new[]
    {
        Row("Gelu", 1, 1, AxisBehaviour.Unary, ElementwiseRules.Same, lowered: true),
        Row("FastGelu", 1, (1, 2), AxisBehaviour.Binary, ElementwiseRules.Same, lowered: true),
        Row("BiasGelu", 1, 2, AxisBehaviour.Binary, ElementwiseRules.Same, lowered: true),
        Row("QuickGelu", 1, 1, AxisBehaviour.Unary, ElementwiseRules.Same, lowered: true),
        Row("FusedMatMul", 1, 2, X, null),
        Row("LayerNormalization", 1, (2, 3), AxisBehaviour.Normalization, ReduceRules.LayerNormalization, lowered: true, outputs: (1, 3)),
        Row("SkipLayerNormalization", 1, (3, 5), X, ElementwiseRules.Same, outputs: (1, 4)),
        Row("SkipSimplifiedLayerNormalization", 1, (3, 4), X, ElementwiseRules.Same, outputs: (1, 4)),
        Row("EmbedLayerNormalization", 1, (7, 9), X, null, outputs: (2, 3)),
        Row("Attention", 1, (2, 7), X, AttentionRules.Attention, outputs: (1, 2)),
        Row("MultiHeadAttention", 1, (1, 10), X, AttentionRules.MultiHead, outputs: (1, 4)),
        Row("GroupQueryAttention", 1, (7, 14), X, null, outputs: (1, 4)),
        Row("QAttention", 1, (5, 9), X, null, outputs: (1, 2)),
        Row("RotaryEmbedding", 1, 4, X, ElementwiseRules.Same),
    }.Select(r => r with { Domain = "com.microsoft" });
}
