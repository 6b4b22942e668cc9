using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>How much of a model is stored as integers that stand for real numbers.</summary>
/// <param name="Share">Share of all weights, from 0 to 1.</param>
/// <param name="Operators">The operators that read them, by name.</param>
public sealed record QuantisedWeights(double Share, IReadOnlyList<string> Operators)
{
    // ai.onnx and com.microsoft (ONNX Runtime, docs/ContribOperators.md): they take weights as integers with scales beside them.
    private static readonly HashSet<string> Readers =
    [
        "DequantizeLinear", "QLinearConv", "QLinearMatMul", "MatMulInteger", "ConvInteger", "QGemm", "QAttention", "MatMulNBits", "MatMulBnb4", "MatMulFpQ4", "MatMulIntegerToFloat",
        "DynamicQuantizeMatMul", "DynamicQuantizeLSTM", "QEmbedLayerNormalization", "QOrderedMatMul", "QOrderedAttention", "QOrderedLongformerAttention", "GatherBlockQuantized", "QMoE",
    ];

    /// <summary>Counts the elements of constants: quantised ones where such an operator reads them, and all floating-point ones with an axis.</summary>
    public static QuantisedWeights Of(OnnxModel model)
    {
        HashSet<Value> counted = [];
        SortedSet<string> operators = new(StringComparer.Ordinal);
        double quantised = 0, floating = 0;
        foreach (Node node in model.Graph.Nodes)
        {
            bool reads = Readers.Contains(node.OpType);
            foreach (Value input in node.Inputs.OfType<Value>())
            {
                if (IsPacked(input) && reads && Elements(node, input) is > 1 and var elements)
                {
                    if (counted.Add(input)) quantised += elements;
                    operators.Add(node.OpType);
                }
                else if (input.Constant is { Shape.Count: > 0, Type: ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 } constant && !reads && counted.Add(input))
                {
                    floating += constant.Count;
                }
            }
        }
        return quantised == 0 ? new QuantisedWeights(0, []) : new QuantisedWeights(quantised / (quantised + floating), [.. operators]);
    }

    // Types of four or eight bits that are not read have no content, but they are constants all the same.
    private static bool IsPacked(Value value) =>
        value.Constant?.Type is ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16 || (value is { IsInitializer: true, Constant: null } && value.Type != ElementType.Undefined);

    private static double Elements(Node node, Value value) => node.OpType is "MatMulNBits" or "MatMulBnb4" && value == node.Inputs.ElementAtOrDefault(1)
        ? (double)node.Int("K", 0) * node.Int("N", 0)
        : value.Constant?.Count ?? value.DeclaredShape?.Aggregate(1.0, (count, axis) => count * (axis.Size ?? 1)) ?? 0;
}
