using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators that sum up, normalise or slide along axes.</summary>
internal static class AxisOperators
{
    private const AxisBehaviour R = AxisBehaviour.Reduce, N = AxisBehaviour.Normalization, P = AxisBehaviour.Pool, S = AxisBehaviour.Softmax;

    private static readonly Action<NodeContext> Same = ElementwiseRules.Same, Reduce = ReduceRules.Reduce;

    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        Row("Softmax", 1, 1, S, Same, lowered: true),
        Row("LogSoftmax", 1, 1, S, Same, lowered: true),
        Row("Hardmax", 1, 1, S, Same, lowered: true),

        Row("LayerNormalization", 17, (2, 3), N, ReduceRules.LayerNormalization, lowered: true, outputs: (1, 3)),
        // Not in ai.onnx, but ONNX Runtime's optimised files carry it in that domain.
        Row("SimplifiedLayerNormalization", 1, 2, N, ReduceRules.LayerNormalization, lowered: true, outputs: (1, 2)),
        Row("RMSNormalization", 23, 2, N, Same, lowered: true),
        Row("BatchNormalization", 1, 5, N, ReduceRules.BatchNormalization, lowered: true, outputs: (1, 5)),
        Row("InstanceNormalization", 1, 3, N, Same, lowered: true),
        Row("GroupNormalization", 18, 3, N, Same, lowered: true),
        Row("LpNormalization", 1, 1, N, Same, lowered: true),
        Row("MeanVarianceNormalization", 9, 1, N, Same, lowered: true),
        Row("LRN", 1, 1, AxisBehaviour.Along, Same, lowered: true),

        Row("ReduceSum", 1, (1, 2), R, Reduce, Reductions.Reduce(0, (a, x) => a + x), lowered: true),
        Row("ReduceMean", 1, (1, 2), R, Reduce, Reductions.Reduce(0, (a, x) => a + x, (a, n) => a / n), lowered: true),
        Row("ReduceMax", 1, (1, 2), R, Reduce, Reductions.Reduce(double.NegativeInfinity, Math.Max), lowered: true),
        Row("ReduceMin", 1, (1, 2), R, Reduce, Reductions.Reduce(double.PositiveInfinity, Math.Min), lowered: true),
        Row("ReduceProd", 1, (1, 2), R, Reduce, Reductions.Reduce(1, (a, x) => a * x), lowered: true),
        Row("ReduceL1", 1, (1, 2), R, Reduce, lowered: true),
        Row("ReduceL2", 1, (1, 2), R, Reduce, lowered: true),
        Row("ReduceSumSquare", 1, (1, 2), R, Reduce, lowered: true),
        Row("ReduceLogSum", 1, (1, 2), R, Reduce, lowered: true),
        Row("ReduceLogSumExp", 1, (1, 2), R, Reduce, lowered: true),
        Row("ArgMax", 1, 1, R, ReduceRules.ArgReduce, lowered: true),
        Row("ArgMin", 1, 1, R, ReduceRules.ArgReduce, lowered: true),

        Row("MaxPool", 1, 1, P, WindowRules.Pool, lowered: true, outputs: (1, 2)),
        Row("AveragePool", 1, 1, P, WindowRules.Pool, lowered: true),
        Row("LpPool", 1, 1, P, WindowRules.Pool, lowered: true),
        Row("GlobalAveragePool", 1, 1, P, WindowRules.GlobalPool, lowered: true),
        Row("GlobalMaxPool", 1, 1, P, WindowRules.GlobalPool, lowered: true),
        Row("GlobalLpPool", 1, 1, P, WindowRules.GlobalPool, lowered: true),
        Row("MaxUnpool", 9, (2, 3), AxisBehaviour.Barrier, WindowRules.MaxUnpool, lowered: true),
        Row("Resize", 10, (1, 4), AxisBehaviour.Resize, PartRules.Resize, lowered: true),
        Row("Upsample", 7, (1, 2), AxisBehaviour.Resize, PartRules.Resize, lowered: true, until: 9),

        Row("CumSum", 11, 2, AxisBehaviour.Along, Same, lowered: true),
        Row("TopK", 1, (1, 2), AxisBehaviour.Along, ReduceRules.TopK, lowered: true, outputs: 2),
    ];
}
