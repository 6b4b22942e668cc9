using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators of com.microsoft: what ONNX Runtime's optimiser and its tools leave in files.</summary>
internal static class ContribOperators
{
    private const AxisBehaviour X = AxisBehaviour.Barrier, T = AxisBehaviour.Attention;

    private static readonly Action<NodeContext> Same = ElementwiseRules.Same;

    public static IEnumerable<OperatorInfo> Rows { get; } = new[]
    {
        Row("Gelu", 1, 1, AxisBehaviour.Unary, Same, lowered: true),
        Row("FastGelu", 1, (1, 2), AxisBehaviour.Binary, Same, lowered: true),
        Row("BiasGelu", 1, 2, AxisBehaviour.Binary, Same, lowered: true),
        Row("QuickGelu", 1, 1, AxisBehaviour.Unary, Same, lowered: true),
        Row("LayerNormalization", 1, (2, 3), AxisBehaviour.Normalization, ReduceRules.LayerNormalization, lowered: true, outputs: (1, 3)),

        // Products with what stood around them.
        Row("FusedMatMul", 1, 2, X, FusedRules.MatMul, lowered: true),
        Row("TransposeMatMul", 1, 2, X, FusedRules.MatMul, lowered: true),
        Row("FusedGemm", 1, (2, 3), X, ProductRules.Gemm, lowered: true),
        Row("FusedConv", 1, (2, 4), X, WindowRules.Conv, lowered: true),

        // Sums that are normalised.
        Row("SkipLayerNormalization", 1, (3, 5), X, FusedRules.SkipNormalization, lowered: true, outputs: (1, 4)),
        Row("SkipSimplifiedLayerNormalization", 1, (3, 4), X, FusedRules.SkipNormalization, lowered: true, outputs: (1, 4)),
        Row("EmbedLayerNormalization", 1, (7, 9), X, FusedRules.EmbedNormalization, lowered: true, outputs: (2, 3)),

        Row("Attention", 1, (2, 7), T, AttentionRules.Attention, lowered: true, outputs: (1, 2)),
        Row("MultiHeadAttention", 1, (1, 10), T, AttentionRules.MultiHead, lowered: true, outputs: (1, 4)),
        Row("GroupQueryAttention", 1, (7, 14), T, AttentionRules.GroupQuery, lowered: true, outputs: (1, 4)),
        Row("RotaryEmbedding", 1, 4, X, Same, lowered: true),

        // Quantised: removal stops here.
        Row("QAttention", 1, (5, 9), X, null, outputs: (1, 2)),
        Row("QGemm", 1, (6, 9), X, null),
        Row("QEmbedLayerNormalization", 1, (8, 18), X, null, outputs: 2),
        Row("QLinearAdd", 1, (7, 8), X, null),
        Row("QLinearMul", 1, (7, 8), X, null),
        Row("QLinearConcat", 1, (4, Many), X, null),
        Row("QLinearSigmoid", 1, (4, 5), X, Same),
        Row("QLinearLeakyRelu", 1, (4, 5), X, Same),
        Row("QLinearSoftmax", 1, 5, X, Same),
        Row("QLinearAveragePool", 1, (4, 5), X, null),
        Row("QLinearGlobalAveragePool", 1, 5, X, null),
        Row("DynamicQuantizeMatMul", 1, (3, 5), X, null),
        Row("DynamicQuantizeLSTM", 1, (7, 12), X, null, outputs: (0, 3)),
        Row("MatMulIntegerToFloat", 1, (4, 7), X, null),
        Row("MatMulNBits", 1, (3, 6), X, null),
        Row("QuantizeLinear", 1, (2, 3), X, QuantizeRules.Quantize),
        Row("DequantizeLinear", 1, (2, 3), X, QuantizeRules.Dequantize),
    }.Select(r => r with { Domain = "com.microsoft" });
}
