using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Losses over [batch, classes, d1 …] with labels [batch, d1 …].</summary>
internal static class LossOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        LoweringRow.One("NegativeLogLikelihoodLoss", c => Loss(c, c[0])) with { Refuse = Refuse },
        new("SoftmaxCrossEntropyLoss", CrossEntropy) { Outputs = 2, Refuse = Refuse },
    ];

    private static string? Refuse(Node node, long opset) =>
        node.String("reduction", "mean") is "none" or "sum" or "mean" ? null : $"reduction '{node.String("reduction")}'";

    private static Tensor?[] CrossEntropy(LoweringCall c)
    {
        Tensor logarithms = c[0].log_softmax(1);
        return [Loss(c, logarithms), logarithms];
    }

    // −w[label] · x[label]; labels that are ignored count neither in the sum nor in the weights that the mean divides by.
    private static Tensor Loss(LoweringCall c, Tensor logarithms)
    {
        Tensor label = c[1].to(int64);
        if (label.dim() != logarithms.dim() - 1) throw c.Fail($"labels with {label.dim()} axes for scores with {logarithms.dim()}");
        Tensor counts = c.Node.Attributes.ContainsKey("ignore_index") ? label.ne(c.Node.Int("ignore_index", 0)) : ones_like(label).to(ScalarType.Bool);
        Tensor safe = where(counts, label, zeros_like(label));
        Tensor weights = c.Optional(2) is { } given ? given.index_select(0, safe.reshape(-1)).reshape(label.shape) : ones_like(label).to(logarithms.dtype);
        weights = weights * counts.to(weights.dtype);
        Tensor losses = logarithms.gather(1, safe.unsqueeze(1)).squeeze(1).neg() * weights;
        losses = where(counts, losses, zeros_like(losses));
        return c.Node.String("reduction", "mean") switch
        {
            "none" => losses,
            "sum" => losses.sum(),
            _ => losses.sum() / weights.sum(),
        };
    }
}
