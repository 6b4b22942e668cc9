using PruneTasks.Onnx;
using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>What ONNX Runtime's optimiser makes of several operators (com.microsoft; ONNX Runtime, docs/ContribOperators.md).</summary>
internal static class FusedOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } = new[]
    {
        new("SkipLayerNormalization", c => SkipNormalization(c, bias: 4, centred: true)) { Outputs = 4 },
        new("SkipSimplifiedLayerNormalization", c => SkipNormalization(c, bias: 3, centred: false)) { Outputs = 4 },
        new("EmbedLayerNormalization", EmbedNormalization) { Outputs = 3 },
        One("FusedMatMul", Product),
        One("TransposeMatMul", Product),
        One("FusedGemm", c => Activate(c, ProductOperators.Gemm(c))) with { Refuse = (node, _) => Refuse(node) },
        One("FusedConv", c => Activate(c, c.Optional(3) is { } sum ? ConvolutionOperators.Conv(c) + sum : ConvolutionOperators.Conv(c))) with { Refuse = (node, _) => Refuse(node) },
    }.Select(row => row with { Domain = "com.microsoft" }).ToArray();

    // Outputs: the result, mean, 1/σ (both of the sum), and the sum that is normalised.
    private static Tensor?[] SkipNormalization(LoweringCall c, int bias, bool centred)
    {
        Tensor sum = c[0] + c[1];
        if (c.Optional(bias) is { } b) sum = sum + b;
        if (sum.dim() != c[0].dim()) throw c.Fail($"[{string.Join(", ", c[0].shape)}] and [{string.Join(", ", c[1].shape)}] do not fit");
        double epsilon = c.Node.Float("epsilon", 1e-12f);
        Tensor mean = sum.mean([-1], true), x = centred ? sum - mean : sum;
        Tensor inverse = (x.square().mean([-1], true) + epsilon).rsqrt();
        Tensor y = x * inverse * c[2];
        if (centred && c.Optional(3) is { } beta) y = y + beta;
        return [y, mean, inverse, sum];
    }

    // Sum of the embeddings of word, position and segment, normalised; and how many words of each sample count.
    private static Tensor?[] EmbedNormalization(LoweringCall c)
    {
        Tensor words = c[0].to(int64);
        if (words.dim() != 2) throw c.Fail($"words [{string.Join(", ", words.shape)}]");
        Tensor Rows(int table, Tensor index)
        {
            if (index.numel() > 0 && (index.min().item<long>() < 0 || index.max().item<long>() >= c[table].shape[0])) throw c.Fail($"input {table} has no such row");
            return c[table].index_select(0, index.reshape(-1)).reshape([.. index.shape, c[table].shape[1]]);
        }
        Tensor positions = c.Optional(8)?.to(int64) ?? arange(words.shape[1]).unsqueeze(0);
        Tensor sum = Rows(2, words) + Rows(3, positions);
        if (c.Optional(4) is not null) sum = sum + Rows(4, c.Optional(1)?.to(int64) ?? zeros_like(words));
        Tensor y = nn.functional.layer_norm(sum, [sum.shape[2]], c[5], c[6], c.Node.Float("epsilon", 1e-12f));
        Tensor counts = c.Optional(7)?.eq(1).sum([1L]).to(int32) ?? zeros([words.shape[0]], int32);
        return [y, counts, sum];
    }

    // A′·B′·alpha; transBatchA moves the first axis of A behind the others but the last.
    private static Tensor Product(LoweringCall c)
    {
        Tensor Turned(Tensor x, string inner, string outer)
        {
            if (x.dim() < 2) return x;
            if (c.Node.Int(outer, 0) != 0) x = x.movedim([0], [x.dim() - 2]);
            return c.Node.Int(inner, 0) != 0 ? x.transpose(-2, -1) : x;
        }
        Tensor y = ProductOperators.Product(c, Turned(c[0], "transA", "transBatchA"), Turned(c[1], "transB", "transBatchB"));
        return c.Node.Float("alpha", 1) is var alpha && alpha != 1 ? y * alpha : y;
    }

    private static string? Refuse(Node node) =>
        node.String("activation") is null or "" or "Relu" or "Tanh" or "Sigmoid" or "LeakyRelu" or "Clip" or "HardSigmoid" or "HardSwish" ? null : $"activation '{node.String("activation")}' is not known";

    // Parameters: a list for FusedConv, named one by one for FusedGemm.
    private static Tensor Activate(LoweringCall c, Tensor x)
    {
        float Parameter(int index, string name, float otherwise) =>
            c.Node.Attributes.TryGetValue("activation_params", out AttributeData? a) && a.Floats is { } list && index < list.Count ? list[index] : c.Node.Float(name, otherwise);
        return c.Node.String("activation") switch
        {
            "Relu" => x.relu(),
            "Tanh" => x.tanh(),
            "Sigmoid" => x.sigmoid(),
            "LeakyRelu" => nn.functional.leaky_relu(x, Parameter(0, "activation_alpha", 0.01f)),
            "Clip" => x.clamp(Parameter(0, "activation_alpha", float.MinValue), Parameter(1, "activation_beta", float.MaxValue)),
            "HardSigmoid" => (x * Parameter(0, "activation_alpha", 0.2f) + Parameter(1, "activation_beta", 0.5f)).clamp(0, 1),
            "HardSwish" => x * (x / 6 + 0.5).clamp(0, 1),
            _ => x,
        };
    }
}
