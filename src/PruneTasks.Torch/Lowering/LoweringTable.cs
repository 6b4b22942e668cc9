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
            ControlFlow.Rows, ScanOperator.Rows,
            BitOperators.Rows, LossOperators.Rows, QuantizeOperators.Rows, QuantizedProducts.Rows, SelectionOperators.Rows, GridOperators.Rows, RegionOperators.Rows,
            DeformableConvolution.Rows, WindowNormalization.Rows, SignalOperators.Rows, RandomOperators.Rows, ExtentOperators.Rows, TextOperators.Rows, ScatterOperators.Rows,
        }.SelectMany(rows => rows).ToDictionary(row => (row.Domain, row.OpType));

    /// <summary>Row of <paramref name="node"/>, or the reason why there is none.</summary>
    internal static LoweringRefusal? Check(Node node, long opset, ElementTypes types, out LoweringRow? row)
    {
        if (!Rows.TryGetValue((node.Domain, node.OpType), out row))
        {
            return HasOtherValues(node)
                ? new(node, LoweringRefusalKind.UnsupportedType, "its values are sequences, optionals or text")
                : new(node, LoweringRefusalKind.UnknownOperator, "this operator is not lowered to torch");
        }
        LoweringRow found = row;
        if (Enumerable.Range(0, node.Outputs.Count).Any(i => i >= found.Outputs && LoweringRow.IsUsed(node, i)))
            return new(node, LoweringRefusalKind.UnsupportedForm, $"output {row.Outputs} and later ones are not computed");
        if (node.Inputs.Concat(node.Outputs).Select(types.Of).FirstOrDefault(t => t != ElementType.Undefined && TorchTypes.Of(t) is null) is var odd && odd != ElementType.Undefined)
            return new(node, LoweringRefusalKind.UnsupportedType, $"{TorchTypes.NameOf(odd)} cannot be computed with");
        if (row.Refuse(node, opset) is { } form) return new(node, LoweringRefusalKind.UnsupportedForm, form);
        return row.RefuseTypes(node, types) is { } type ? new(node, LoweringRefusalKind.UnsupportedType, type) : null;
    }

    private static bool HasOtherValues(Node node) => node.Domain.Length == 0 && (node.OpType is
        "SequenceAt" or "SequenceConstruct" or "SequenceEmpty" or "SequenceErase" or "SequenceInsert" or "SequenceLength" or "SequenceMap" or "SplitToSequence" or "ConcatFromSequence"
        or "Optional" or "StringConcat" or "StringNormalizer" or "StringSplit" or "RegexFullMatch");
}
