using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Activation functions. Defaults of attributes are those of the ONNX operator.</summary>
internal static class ActivationOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("Relu", c => c[0].relu()),
        One("LeakyRelu", c => nn.functional.leaky_relu(c[0], c.Node.Float("alpha", 0.01f))),
        One("PRelu", PRelu),
        One("Shrink", c => Shrink(c[0], c.Node.Float("lambd", 0.5f), c.Node.Float("bias", 0))),
        One("ThresholdedRelu", c => where(c[0] > c.Node.Float("alpha", 1), c[0], zeros_like(c[0]))),
        One("Elu", c => c[0].elu(c.Node.Float("alpha", 1))),
        One("Celu", c => nn.functional.celu(c[0], c.Node.Float("alpha", 1))),
        One("Selu", c => where(c[0] > 0, c[0], c[0].minimum(zeros_like(c[0])).expm1() * c.Node.Float("alpha", 1.6732632f)) * c.Node.Float("gamma", 1.050701f)),
        One("Sigmoid", c => c[0].sigmoid()),
        One("HardSigmoid", c => (c[0] * c.Node.Float("alpha", 0.2f) + c.Node.Float("beta", 0.5f)).clamp(0, 1)),
        One("HardSwish", c => c[0] * (c[0] / 6 + 0.5).clamp(0, 1)),
        One("Tanh", c => c[0].tanh()),
        One("Softplus", c => nn.functional.softplus(c[0])),
        One("Softsign", c => c[0] / (c[0].abs() + 1)),
        One("Mish", c => c[0] * nn.functional.softplus(c[0]).tanh()),
        One("Gelu", c => c.Node.String("approximate", "none") == "tanh" ? ByTanh(c[0]) : ByErf(c[0])),
        One("Gelu", c => ByErf(c[0])) with { Domain = "com.microsoft" },
        One("BiasGelu", c => ByErf(c[0] + c[1])) with { Domain = "com.microsoft" },
        One("FastGelu", c => ByTanh(c.Optional(1) is { } bias ? c[0] + bias : c[0])) with { Domain = "com.microsoft" },
        One("QuickGelu", c => c[0] * (c[0] * c.Node.Float("alpha", 1.702f)).sigmoid()) with { Domain = "com.microsoft" },
    ];

    // Before opset 7 one slope for each channel came without the axes behind it.
    private static Tensor PRelu(LoweringCall c)
    {
        (Tensor x, Tensor slope) = (c[0], c[1]);
        if (c.Opset < 7 && slope.dim() == 1 && slope.shape[0] > 1 && x.dim() > 2) slope = slope.reshape([-1, .. Enumerable.Repeat(1L, (int)x.dim() - 2)]);
        return where(x < 0, x * slope, x);
    }

    private static Tensor Shrink(Tensor x, double limit, double bias) => where(x < -limit, x + bias, where(x > limit, x - bias, zeros_like(x))).to(x.dtype);

    private static Tensor ByErf(Tensor x) => x * ((x * Math.Sqrt(0.5)).erf() + 1) * 0.5;

    private static Tensor ByTanh(Tensor x) => x * (((x.pow(3) * 0.044715 + x) * Math.Sqrt(2 / Math.PI)).tanh() + 1) * 0.5;
}
