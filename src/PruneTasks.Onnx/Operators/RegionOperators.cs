using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators of detectors and samplers: boxes, regions, grids; and losses.</summary>
internal static class RegionOperators
{
    private const AxisBehaviour X = AxisBehaviour.Barrier;

    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        Row("NonMaxSuppression", 10, (2, 5), X, null, lowered: true),
        Row("RoiAlign", 10, 3, X, RegionRules.RoiAlign, lowered: true),
        Row("MaxRoiPool", 1, 2, X, RegionRules.MaxRoiPool),
        Row("GridSample", 16, 2, X, RegionRules.GridSample, lowered: true),
        Row("AffineGrid", 20, 2, X, RegionRules.AffineGrid, lowered: true),
        Row("ImageDecoder", 20, 1, X, null),

        Row("NegativeLogLikelihoodLoss", 12, (2, 3), X, RegionRules.Loss, lowered: true),
        Row("SoftmaxCrossEntropyLoss", 12, (2, 3), X, RegionRules.Loss, lowered: true, outputs: (1, 2)),
    ];
}
