using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Normalisation by what lies around: LRN over channels, MeanVarianceNormalization over given axes.</summary>
internal static class WindowNormalization
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("LRN", LocalResponse) with { Refuse = (node, _) => node.Int("size", 0) < 1 ? "no size" : null },
        One("MeanVarianceNormalization", MeanVariance),
    ];

    // y = x / (bias + alpha / size · Σ x²)^beta, the sum over floor((size − 1) / 2) channels before and ceil((size − 1) / 2) after.
    private static Tensor LocalResponse(LoweringCall c)
    {
        Tensor x = c[0];
        long size = c.Node.Int("size", 1), before = (size - 1) / 2, channels = x.shape[1];
        long[] shape = [.. x.shape];
        shape[1] = before;
        Tensor front = zeros(shape, x.dtype);
        shape[1] = size - 1 - before;
        Tensor padded = cat([front, x.square(), zeros(shape, x.dtype)], 1);
        Tensor sums = Enumerable.Range(0, (int)size).Select(i => padded.narrow(1, i, channels)).Aggregate((a, b) => a + b);
        return x / (sums * (c.Node.Float("alpha", 1e-4f) / size) + c.Node.Float("bias", 1)).pow(c.Node.Float("beta", 0.75f));
    }

    // The definition adds 1e-9 to the deviation (onnx/docs/Operators.md).
    private static Tensor MeanVariance(LoweringCall c)
    {
        Tensor x = c[0];
        long[] axes = [.. (c.Node.Ints("axes") ?? [0, 2, 3]).Select(a => c.Axis(a, c[0].dim()))];
        Tensor centred = x - x.mean(axes, true);
        return centred / (centred.square().mean(axes, true).sqrt() + 1e-9);
    }
}
