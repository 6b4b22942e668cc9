using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators whose values are sequences, optionals or text. Graphs here hold tensors of numbers: nothing passes.</summary>
internal static class SequenceOperators
{
    private const AxisBehaviour X = AxisBehaviour.Barrier;

    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        Row("SequenceAt", 11, 2, X, null),
        Row("SequenceConstruct", 11, (1, Many), X, null),
        Row("SequenceEmpty", 11, 0, X, null),
        Row("SequenceErase", 11, (1, 2), X, null),
        Row("SequenceInsert", 11, (2, 3), X, null),
        Row("SequenceLength", 11, 1, X, null),
        Row("SequenceMap", 17, (1, Many), X, null, outputs: (1, Many)),
        Row("SplitToSequence", 11, (1, 2), X, null),
        Row("ConcatFromSequence", 11, 1, X, null),

        Row("Optional", 15, (0, 1), X, null),
        Row("OptionalGetElement", 15, 1, X, ElementwiseRules.Same, lowered: true),
        Row("OptionalHasElement", 15, (0, 1), X, SignalRules.Truth, lowered: true),

        Row("StringConcat", 20, 2, X, null),
        Row("StringNormalizer", 10, 1, X, null),
        Row("StringSplit", 20, 1, X, null, outputs: 2),
        Row("RegexFullMatch", 20, 1, X, null),
        Row("TfIdfVectorizer", 9, 1, X, SignalRules.TfIdf, lowered: true),
    ];
}
