namespace PruneTasks.Worker.Evaluation;

/// <summary>What a pruned model does differently from the dense one on the same samples. Shares are in [0, 1].</summary>
internal sealed record Comparison
{
    /// <summary>Samples run.</summary>
    public required int Samples { get; init; }

    /// <summary>Share of rows with the same top-1; null where the first output holds no class scores.</summary>
    public double? Agreement { get; init; }

    /// <summary>Mean KL(dense ‖ pruned) over the rows in nats; null where the first output holds no class scores.</summary>
    public double? Kl { get; init; }

    /// <summary>Samples with a known class.</summary>
    public int Labelled { get; init; }

    /// <summary>Top-1 accuracy of the dense model on the labelled samples; null without labels.</summary>
    public double? DenseTop1 { get; init; }

    /// <summary>Top-1 accuracy of the pruned model on the same samples.</summary>
    public double? PrunedTop1 { get; init; }

    /// <summary>How far each output of floating-point numbers moves.</summary>
    public required IReadOnlyList<OutputDifference> Outputs { get; init; }

    /// <summary>What the reader has to know about these numbers.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>How far one output moves.</summary>
/// <param name="Name">The output.</param>
/// <param name="Nmse">Σ(dense − pruned)² / Σ(dense − mean of dense)²; 1 is as good as the mean. Null where dense is constant.</param>
/// <param name="MaxAbs">The largest |dense − pruned|; null where something is not finite.</param>
internal sealed record OutputDifference(string Name, double? Nmse, double? MaxAbs);
