using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering.Operators;

namespace PruneTasks.Torch.Lowering;

/// <summary>The operators that can be run with torch, one row each.</summary>
internal static class LoweringTable
{
    /// <summary>All rows by domain and operator.</summary>
    internal static IReadOnlyDictionary<(string Domain, string OpType), LoweringRow> Rows { get; } =
        new[]
        {
            UnaryOperators.Rows, ActivationOperators.Rows, BinaryOperators.Rows, ProductOperators.Rows, ConvolutionOperators.Rows, PoolingOperators.Rows,
            NormalizationOperators.Rows, ReductionOperators.Rows, ShapeOperators.Rows, SliceOperators.Rows, IndexOperators.Rows, FillOperators.Rows,
            PaddingOperators.Rows, ResizeOperators.Rows,
            RecurrentOperators.Rows, AttentionOperators.Rows, ContribAttentionOperators.Rows, GroupQueryAttention.Rows, FusedOperators.Rows,
        }.SelectMany(rows => rows).ToDictionary(row => (row.Domain, row.OpType));

    /// <summary>Row of <paramref name="node"/>, or the reason why there is none.</summary>
    internal static LoweringRefusal? Check(Node node, long opset, out LoweringRow? row)
    {
        if (!Rows.TryGetValue((node.Domain, node.OpType), out row))
            return new(node, LoweringRefusalKind.UnknownOperator, "this operator is not lowered to torch");
        if (node.Outputs.Skip(row.Outputs).Any(o => o.Uses.Count > 0 || o.IsGraphOutput || o.IsCaptured))
            return new(node, LoweringRefusalKind.UnsupportedForm, $"output {row.Outputs} and later ones are not computed");
        return row.Refuse(node, opset) is { } reason ? new(node, LoweringRefusalKind.UnsupportedForm, reason) : null;
    }
}
