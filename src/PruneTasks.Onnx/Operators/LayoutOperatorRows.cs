using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators that rearrange, cut, join or pick along axes.</summary>
internal static class LayoutOperatorRows
{
    private const AxisBehaviour M = AxisBehaviour.Reshape, G = AxisBehaviour.Gather;

    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        Row("Reshape", 1, (1, 2), M, LayoutRules.Reshape, Moves.Reshape, lowered: true),
        Row("Flatten", 1, 1, M, LayoutRules.Flatten, Moves.Reshape, lowered: true),
        Row("Squeeze", 1, (1, 2), M, LayoutRules.Squeeze, Moves.Reshape, lowered: true),
        Row("Unsqueeze", 1, (1, 2), M, LayoutRules.Unsqueeze, Moves.Reshape, lowered: true),
        Row("Transpose", 1, 1, AxisBehaviour.Transpose, LayoutRules.Transpose, Moves.Transpose, lowered: true),
        Row("DepthToSpace", 1, 1, AxisBehaviour.Barrier, LayoutRules.DepthToSpace, lowered: true),
        Row("SpaceToDepth", 1, 1, AxisBehaviour.Barrier, LayoutRules.SpaceToDepth, lowered: true),

        Row("Slice", 1, (1, 5), AxisBehaviour.Slice, PartRules.Slice, Moves.Slice, lowered: true),
        Row("Split", 1, (1, 2), AxisBehaviour.Split, PartRules.Split, Moves.Split, lowered: true, outputs: (1, Many)),
        Row("Concat", 1, (1, Many), AxisBehaviour.Concat, PartRules.Concat, Moves.Concat, lowered: true),
        Row("Expand", 8, 2, AxisBehaviour.Expand, PartRules.Expand, Moves.Expand, lowered: true),
        Row("Tile", 6, 2, AxisBehaviour.Expand, PartRules.Tile, Moves.Tile, lowered: true),
        Row("Pad", 1, (1, 4), AxisBehaviour.Pad, PartRules.Pad, lowered: true),

        Row("Gather", 1, 2, G, PartRules.Gather, Moves.Gather, lowered: true),
        Row("GatherElements", 11, 2, AxisBehaviour.Barrier, PartRules.GatherElements, lowered: true),
        Row("GatherND", 11, 2, AxisBehaviour.Barrier, PartRules.GatherND, lowered: true),
        Row("Scatter", 9, 3, AxisBehaviour.Barrier, ElementwiseRules.Same, lowered: true, until: 10),
        Row("ScatterElements", 11, 3, AxisBehaviour.Barrier, ElementwiseRules.Same, lowered: true),
        Row("ScatterND", 11, 3, AxisBehaviour.Barrier, ElementwiseRules.Same, lowered: true),
        Row("ReverseSequence", 10, 2, AxisBehaviour.Along, ElementwiseRules.Same, lowered: true),
        Row("Trilu", 14, (1, 2), AxisBehaviour.Barrier, ElementwiseRules.Same, lowered: true),
        Row("OneHot", 9, 3, AxisBehaviour.Barrier, PartRules.OneHot, lowered: true),
        Row("Compress", 9, 2, AxisBehaviour.Barrier, null, lowered: true),
        Row("Unique", 11, 1, AxisBehaviour.Barrier, null, lowered: true, outputs: (1, 4)),
        Row("CenterCropPad", 18, 2, AxisBehaviour.Barrier, ExtentRules.CenterCropPad, lowered: true),
        Row("Col2Im", 18, 3, AxisBehaviour.Barrier, ExtentRules.Col2Im, lowered: true),
    ];
}
