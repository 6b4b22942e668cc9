using PruneTasks.Onnx.Shapes;
using static PruneTasks.Onnx.RowFactory;

namespace PruneTasks.Onnx;

/// <summary>Operators of sound: transforms, windows, filter banks.</summary>
internal static class SignalOperators
{
    private const AxisBehaviour A = AxisBehaviour.ShapeArithmetic;

    public static IEnumerable<OperatorInfo> Rows { get; } =
    [
        Row("DFT", 17, (1, 3), AxisBehaviour.Barrier, SignalRules.Dft, lowered: true),
        Row("STFT", 17, (2, 4), AxisBehaviour.Barrier, SignalRules.Stft, lowered: true),
        Row("BlackmanWindow", 17, 1, A, SignalRules.Window, lowered: true),
        Row("HammingWindow", 17, 1, A, SignalRules.Window, lowered: true),
        Row("HannWindow", 17, 1, A, SignalRules.Window, lowered: true),
        Row("MelWeightMatrix", 17, 5, A, SignalRules.MelWeightMatrix, lowered: true),
    ];
}
