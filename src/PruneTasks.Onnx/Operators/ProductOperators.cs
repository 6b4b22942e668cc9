using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Matrix products, convolutions, recurrent layers.</summary>
internal static class ProductOperators
{
    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        Row("MatMul", 1, 2, AxisBehaviour.MatMul, ProductRules.MatMul, lowered: true),
        Row("Gemm", 1, (2, 3), AxisBehaviour.Gemm, ProductRules.Gemm, lowered: true),
        Row("Einsum", 12, (1, Many), AxisBehaviour.Einsum, ProductRules.Einsum, lowered: true),
        Row("Conv", 1, (2, 3), AxisBehaviour.Conv, WindowRules.Conv, lowered: true),
        Row("ConvTranspose", 1, (2, 3), AxisBehaviour.Conv, WindowRules.ConvTranspose, lowered: true),
        Row("LSTM", 1, (3, 8), AxisBehaviour.Recurrent, RecurrentRules.Recurrent, lowered: true, outputs: (0, 3)),
        Row("GRU", 1, (3, 6), AxisBehaviour.Recurrent, RecurrentRules.Recurrent, lowered: true, outputs: (0, 2)),
        Row("RNN", 1, (3, 6), AxisBehaviour.Recurrent, RecurrentRules.Recurrent, lowered: true, outputs: (0, 2)),

        Row("DeformConv", 19, (3, 5), AxisBehaviour.Barrier, WindowRules.Conv, lowered: true),
        Row("Det", 11, 1, AxisBehaviour.Barrier, ProductRules.Det, lowered: true),

        // Quantised products: removal stops here.
        Row("MatMulInteger", 10, (2, 4), AxisBehaviour.Barrier, QuantizeRules.MatMulInteger, lowered: true),
        Row("QLinearMatMul", 10, 8, AxisBehaviour.Barrier, QuantizeRules.QLinearMatMul, lowered: true),
        Row("ConvInteger", 10, (2, 4), AxisBehaviour.Barrier, QuantizeRules.ConvInteger, lowered: true),
        Row("QLinearConv", 10, (8, 9), AxisBehaviour.Barrier, QuantizeRules.QLinearConv, lowered: true),
        Row("QuantizeLinear", 10, (2, 3), AxisBehaviour.Barrier, QuantizeRules.Quantize, lowered: true),
        Row("DequantizeLinear", 10, (2, 3), AxisBehaviour.Barrier, QuantizeRules.Dequantize, lowered: true),
        Row("DynamicQuantizeLinear", 11, 1, AxisBehaviour.Barrier, QuantizeRules.DynamicQuantize, lowered: true, outputs: 3),
    ];
}
