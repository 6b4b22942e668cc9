using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Normalisation over axes, and softmax.</summary>
internal static class NormalizationOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("BatchNormalization", BatchNormalization)
        {
            Outputs = 3,
            Refuse = (node, opset) => opset < 14 && (node.Int("training_mode", 0) != 0 || Enumerable.Range(1, 4).Any(i => IsUsed(node, i))) ? "training mode before opset 14"
                : node.Int("training_mode", 0) == 0 && Enumerable.Range(1, 2).Any(i => IsUsed(node, i)) ? "statistics without training mode"
                : opset < 7 && node.Int("is_test", 0) == 0 ? "training mode (is_test is 0)"
                : node.Int("spatial", 1) == 0 ? "statistics for each position (spatial is 0)" : null,
        },
        new("LayerNormalization", LayerNormalization) { Outputs = 3 },
        new("LayerNormalization", LayerNormalization) { Domain = "com.microsoft", Outputs = 3 },
        One("InstanceNormalization", c => Group(c, c[0].shape[1])),
        One("GroupNormalization", c => Group(c, c.Node.Int("num_groups", 1))),
        One("RMSNormalization", RmsNormalization),
        One("SimplifiedLayerNormalization", RmsNormalization),
        One("LpNormalization", c => LpNormalization(c)) with { Refuse = (node, _) => node.Int("p", 2) is 1 or 2 ? null : "p is neither 1 nor 2" },
        One("Softmax", c => Flattened(c, (x, axis) => x.softmax(axis))),
        One("Hardmax", c => Flattened(c, (x, axis) => zeros_like(x).scatter(axis, x.argmax(axis, true), ones_like(x)))),
        One("LogSoftmax", c => Flattened(c, (x, axis) => x.log_softmax(axis))),
    ];

    private static Tensor?[] BatchNormalization(LoweringCall c)
    {
        Tensor x = c[0], mean = c[3], variance = c[4];
        Tensor PerChannel(Tensor t) => t.reshape([-1, .. Enumerable.Repeat(1L, (int)Math.Max(x.dim() - 2, 0))]);
        bool training = c.Node.Int("training_mode", 0) != 0;
        if (training)
        {
            long[] axes = [.. Enumerable.Range(0, (int)x.dim()).Where(i => i != 1).Select(i => (long)i)];
            (mean, variance) = (x.mean(axes), x.var(axes, false));
        }
        Tensor scale = PerChannel(c[1]) * (PerChannel(variance) + c.Node.Float("epsilon", 1e-5f)).rsqrt();
        Tensor y = (x - PerChannel(mean)) * scale + PerChannel(c[2]);
        if (!training) return [y];
        double keep = c.Node.Float("momentum", 0.9f);
        return [y, c[3] * keep + mean * (1 - keep), c[4] * keep + variance * (1 - keep)];
    }

    // Outputs: Y, mean, 1/σ. Scale and bias may have fewer axes than what is normalised.
    private static Tensor?[] LayerNormalization(LoweringCall c)
    {
        (Tensor x, Tensor scale, Tensor? bias) = (c[0], c[1], c.Optional(2));
        long axis = c.Axis(c.Node.Int("axis", -1), x.dim());
        double epsilon = c.Node.Float("epsilon", 1e-5f);
        long[] normalised = x.shape[(int)axis..];
        bool native = scale.shape.SequenceEqual(normalised) && (bias is null || bias.shape.SequenceEqual(normalised)) && scale.dtype == x.dtype;
        if (native && c.Node.Outputs.Count == 1) return [nn.functional.layer_norm(x, normalised, scale, bias, epsilon)];
        long[] axes = [.. Enumerable.Range((int)axis, normalised.Length).Select(i => (long)i)];
        Tensor mean = x.mean(axes, true), centred = x - mean;
        Tensor inverse = (centred.square().mean(axes, true) + epsilon).rsqrt();
        Tensor y = centred * inverse * scale;
        return [bias is null ? y : y + bias, mean, inverse];
    }

    private static Tensor RmsNormalization(LoweringCall c)
    {
        long axis = c.Axis(c.Node.Int("axis", -1), c[0].dim());
        long[] axes = [.. Enumerable.Range((int)axis, (int)(c[0].dim() - axis)).Select(i => (long)i)];
        return c[0] * (c[0].square().mean(axes, true) + c.Node.Float("epsilon", 1e-5f)).rsqrt() * c[1];
    }

    private static Tensor Group(LoweringCall c, long groups)
    {
        Tensor x = c[0].reshape(c[0].shape[0], groups, -1);
        Tensor centred = x - x.mean([2], true);
        Tensor y = (centred * (centred.square().mean([2], true) + c.Node.Float("epsilon", 1e-5f)).rsqrt()).reshape(c[0].shape);
        // Scale and bias have one number for each channel; opset 18 of GroupNormalization had one for each group.
        Tensor PerChannel(Tensor t) => (t.shape[0] == c[0].shape[1] ? t : t.repeat_interleave(c[0].shape[1] / groups)).reshape([-1, .. Enumerable.Repeat(1L, (int)c[0].dim() - 2)]);
        return y * PerChannel(c[1]) + PerChannel(c[2]);
    }

    private static Tensor LpNormalization(LoweringCall c)
    {
        long[] axis = [c.Axis(c.Node.Int("axis", -1), c[0].dim())];
        return c[0] / (c.Node.Int("p", 2) == 1 ? c[0].abs().sum(axis, true) : c[0].square().sum(axis, true).sqrt());
    }

    // Before opset 13 all axes from `axis` on are one.
    private static Tensor Flattened(LoweringCall c, Func<Tensor, long, Tensor> function)
    {
        Tensor x = c[0];
        long axis = c.Axis(c.Node.Int("axis", c.Opset < 13 ? 1 : -1), x.dim());
        if (c.Opset >= 13 || axis == x.dim() - 1) return function(x, axis);
        return function(x.reshape([.. x.shape[..(int)axis], -1]), axis).reshape(x.shape);
    }
}
