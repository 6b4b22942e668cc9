namespace PruneTasks.Worker.Evaluation;

/// <summary>What one sample says about a pair of models; from these come the intervals. Sums are over the rows of the sample (one, or one per token).</summary>
internal readonly record struct SampleFigures
{
    /// <summary>Rows of the first output.</summary>
    public int Rows { get; init; }

    /// <summary>Rows with the same top-1.</summary>
    public int Same { get; init; }

    /// <summary>Sum of KL(dense ‖ pruned).</summary>
    public double Kl { get; init; }

    /// <summary>Sum of the cosines of dense and pruned rows.</summary>
    public double Cosine { get; init; }

    /// <summary>Whether the dense model's top-1 is the label; null without a label.</summary>
    public bool? DenseRight { get; init; }

    /// <summary>Whether the pruned model's top-1 is the label; null without a label.</summary>
    public bool? PrunedRight { get; init; }

    /// <summary>Next tokens that the sample itself tells.</summary>
    public int Tokens { get; init; }

    /// <summary>Sum of −log p(next token) of the dense model.</summary>
    public double DenseEntropy { get; init; }

    /// <summary>Sum of −log p(next token) of the pruned model.</summary>
    public double PrunedEntropy { get; init; }
}
