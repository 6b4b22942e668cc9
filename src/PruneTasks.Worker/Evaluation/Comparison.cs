using System.Globalization;
using PruneTasks.Worker.Data;

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

    /// <summary>Mean cosine of the rows of the first output; null where it has no rows.</summary>
    public double? Cosine { get; init; }

    /// <summary>exp of the mean −log p(next token) of the dense model, over the tokens that the samples themselves tell; null for other tasks.</summary>
    public double? DensePerplexity { get; init; }

    /// <summary>The same of the pruned model.</summary>
    public double? PrunedPerplexity { get; init; }

    /// <summary>What each sample says; empty where the first output has no rows.</summary>
    public IReadOnlyList<SampleFigures> PerSample { get; init; } = [];

    /// <summary>How far each output of floating-point numbers moves.</summary>
    public required IReadOnlyList<OutputDifference> Outputs { get; init; }

    /// <summary>What the reader has to know about these numbers.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The same, with a remark on the samples that were left out because of their class.</summary>
    public Comparison LeavingOut(ISampleSource source) => source.OtherClasses == 0 ? this
        : this with { Remarks = [.. Remarks, string.Create(CultureInfo.InvariantCulture, $"{source.OtherClasses} samples of other classes are left out")] };
}

/// <summary>How far one output moves.</summary>
/// <param name="Name">The output.</param>
/// <param name="Nmse">Σ(dense − pruned)² / Σ(dense − mean of dense)²; 1 is as good as the mean. Null where dense is constant.</param>
/// <param name="MaxAbs">The largest |dense − pruned|; null where something is not finite.</param>
internal sealed record OutputDifference(string Name, double? Nmse, double? MaxAbs);
