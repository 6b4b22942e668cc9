using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Attention and RotaryEmbedding of ai.onnx (opset 23; ONNX, docs/Operators.md).</summary>
internal static class AttentionOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("Attention", Attention) { Outputs = 4, Refuse = (node, _) => Refuse(node) },
        LoweringRow.One("RotaryEmbedding", Rotary),
    ];

    // The standard says two things about the scores between product and softmax, and ONNX Runtime a third.
    private static string? Refuse(Node node) =>
        node.Inputs.Count > 6 ? "lengths without padding (opset 24)"
        : node.Outputs.Count > 3 && node.Int("qk_matmul_output_mode", 0) is not (0 or 3) ? "scores behind mask or softcap as an output"
        : node.Int("qk_matmul_output_mode", 0) is < 0 or > 3 ? "qk_matmul_output_mode is not known" : null;

    private static Tensor?[] Attention(LoweringCall c)
    {
        bool flat = c[0].dim() == 3;
        Tensor Split(int input, string heads) => c[input].dim() == 4 ? c[input] : AttentionProduct.Heads(c, c[input], c.Node.Int(heads, 0));
        Tensor query = Split(0, "q_num_heads"), key = AttentionProduct.Append(c, c.Optional(4), Split(1, "kv_num_heads"));
        Tensor value = AttentionProduct.Append(c, c.Optional(5), Split(2, "kv_num_heads"));
        Tensor scores = AttentionProduct.Scores(c, query, key, c.Node.Float("scale", 0) is var s && s != 0 ? s : 1 / Math.Sqrt(query.shape[3]));
        Tensor product = scores;
        // ONNX Runtime bends the scores before it masks them.
        scores = AttentionProduct.Softcap(scores, c.Node.Float("softcap", 0));
        double lowest = AttentionProduct.Lowest(scores.dtype);
        if (c.Node.Int("is_causal", 0) != 0)
        {
            long past = c.Optional(4)?.shape[2] ?? 0;
            scores = scores + AttentionProduct.Bias(AttentionProduct.Causal(query.shape[2], key.shape[2], past), lowest, scores.dtype);
        }
        if (c.Optional(3) is { } mask) scores = scores + (mask.dtype == ScalarType.Bool ? AttentionProduct.Bias(mask, lowest, scores.dtype) : mask);
        // A query that sees nothing gets nothing.
        Tensor weights = where(scores.amax([-1], true) <= lowest, zeros_like(scores), scores.softmax(-1));
        Tensor y = AttentionProduct.Mix(c, weights, value);
        return [flat ? AttentionProduct.Join(y) : y, key, value, c.Node.Int("qk_matmul_output_mode", 0) == 3 ? weights : product];
    }

    // The caches hold a row for each position, or without positions a row for each token of the batch.
    private static Tensor Rotary(LoweringCall c)
    {
        bool flat = c[0].dim() == 3;
        Tensor x = flat ? AttentionProduct.Heads(c, c[0], c.Node.Int("num_heads", 0)) : c[0];
        Tensor Angles(int input)
        {
            Tensor angles = c.Optional(3) is { } positions ? RotaryTurn.Pick(c, c[input], positions) : c[input];
            long width = c.Node.Int("rotary_embedding_dim", 0);
            // A cache may have more angles than are used.
            return width > 0 && width / 2 < angles.shape[^1] ? angles.narrow(-1, 0, width / 2) : angles;
        }
        Tensor y = RotaryTurn.Apply(c, x, Angles(1), Angles(2), c.Node.Int("interleaved", 0) != 0);
        return flat ? AttentionProduct.Join(y) : y;
    }
}
