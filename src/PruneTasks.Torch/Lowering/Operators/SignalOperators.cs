using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Fourier transforms, windows, and the filter bank of mel spectra. Complex numbers are pairs in the last axis.</summary>
internal static class SignalOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("DFT", Dft) with { Refuse = (node, _) => node.Int("inverse", 0) != 0 && node.Int("onesided", 0) != 0 ? "the inverse of half a spectrum" : null },
        One("STFT", Stft),
        Window("HannWindow", (x, _) => 0.5 - (x.cos() * 0.5)),
        Window("HammingWindow", (x, _) => (25.0 / 46) - (x.cos() * (21.0 / 46))),
        Window("BlackmanWindow", (x, _) => 0.42 - (x.cos() * 0.5) + ((x * 2).cos() * 0.08)),
        One("MelWeightMatrix", MelWeightMatrix) with { Refuse = (node, _) => Output(node) is null ? $"type {node.Int("output_datatype", 1)} cannot be computed with" : null },
    ];

    private static ScalarType? Output(Node node) => TorchTypes.Of((ElementType)node.Int("output_datatype", (long)ElementType.Float32));

    // Position n of a window of N (of N − 1 where it is not periodic) is 2πn/N.
    private static LoweringRow Window(string opType, Func<Tensor, long, Tensor> function) => One(opType, c =>
    {
        long size = c.Integers(0)[0], period = c.Node.Int("periodic", 1) != 0 ? size : size - 1;
        return function(arange(size, float64) * (2 * Math.PI / period), size).to(Output(c.Node)!.Value);
    }) with { Refuse = (node, _) => Output(node) is null ? $"type {node.Int("output_datatype", 1)} cannot be computed with" : null };

    private static Tensor Dft(LoweringCall c)
    {
        Tensor x = Complex(c, c[0]);
        // An attribute before opset 20.
        long axis = c.Axis(c.Opset < 20 ? c.Node.Int("axis", 1) : c.Optional(2) is not null ? c.Integers(2)[0] : -2, c[0].dim());
        if (axis == c[0].dim() - 1) throw c.Fail("a transform along the parts of complex numbers");
        long length = c.Optional(1) is not null ? c.Integers(1)[0] : x.shape[axis];
        Tensor y = c.Node.Int("inverse", 0) != 0 ? fft.ifft(x, length, axis) : fft.fft_(x, length, axis);
        if (c.Node.Int("onesided", 0) != 0) y = y.narrow(axis, 0, (length / 2) + 1);
        return y.view_as_real();
    }

    private static Tensor Stft(LoweringCall c)
    {
        Tensor x = Complex(c, c[0].dim() == 2 ? c[0].unsqueeze(-1) : c[0]);
        long step = c.Integers(1)[0], length = c.Optional(3) is not null ? c.Integers(3)[0] : c[2].shape[0];
        bool half = c.Node.Int("onesided", 1) != 0;
        if (half && c[0].dim() == 3 && c[0].shape[2] == 2) throw c.Fail("half a spectrum of a complex signal");
        if (step < 1 || length < 1 || length > x.shape[1]) throw c.Fail($"frames of {length} in a signal of {x.shape[1]}");
        Tensor frames = view_as_complex(x.view_as_real().unfold(1, length, step).transpose(-1, -2).contiguous());
        if (c.Optional(2) is { } window)
        {
            if (window.shape[0] != length) throw c.Fail($"a window of {window.shape[0]} for frames of {length}");
            frames = frames * window;
        }
        Tensor y = fft.fft_(frames, length, -1);
        return (half ? y.narrow(-1, 0, (length / 2) + 1) : y).view_as_real();
    }

    private static Tensor Complex(LoweringCall c, Tensor x) => x.shape[^1] switch
    {
        1 => complex(x.squeeze(-1), zeros_like(x).squeeze(-1)),
        2 => view_as_complex(x.contiguous()),
        _ => throw c.Fail($"{x.shape[^1]} parts of a number"),
    };

    // Triangles over the bins of a spectrum: their corners lie evenly on the mel scale, 2595 · log10(1 + f / 700).
    private static Tensor MelWeightMatrix(LoweringCall c)
    {
        (long bands, long length, long rate) = (c.Integers(0)[0], c.Integers(1)[0], c.Integers(2)[0]);
        double Mel(int input) => 2595 * Math.Log10(1 + (c[input].to(float64).item<double>() / 700));
        (double low, double high) = (Mel(3), Mel(4));
        var corner = new long[bands + 2];
        for (int i = 0; i < corner.Length; i++)
        {
            double hertz = 700 * (Math.Pow(10, ((i * (high - low) / corner.Length) + low) / 2595) - 1);
            corner[i] = (long)Math.Floor((length + 1) * hertz / rate);
        }
        var weights = new double[(length / 2) + 1, bands];
        for (long band = 0; band < bands; band++)
        {
            (long left, long centre, long right) = (corner[band], corner[band + 1], corner[band + 2]);
            if (left < 0 || right > length / 2 + 1) throw c.Fail($"frequencies beyond those of {length} samples");
            if (left == centre) weights[centre, band] = 1;
            else for (long bin = left; bin <= centre; bin++) weights[bin, band] = (double)(bin - left) / (centre - left);
            for (long bin = centre; bin < right; bin++) weights[bin, band] = (double)(right - bin) / (right - centre);
        }
        return TorchTypes.Aligned(tensor(weights)).to(Output(c.Node)!.Value);
    }
}
