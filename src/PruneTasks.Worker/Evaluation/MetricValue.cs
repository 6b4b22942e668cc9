namespace PruneTasks.Worker.Evaluation;

/// <summary>One metric of a comparison.</summary>
/// <param name="Metric">Name as in <c>quality.metric</c>.</param>
/// <param name="Before">Of the dense model: 1 for agreement and cosine, 0 for KL.</param>
/// <param name="After">Of the pruned model.</param>
/// <param name="Drop">What is lost: before − after; for kl the KL; for perplexity after / before − 1.</param>
/// <param name="Interval">95 % interval of <paramref name="Drop"/>.</param>
/// <param name="Samples">Samples that counted.</param>
internal sealed record MetricValue(string Metric, double Before, double After, double Drop, Range95 Interval, int Samples)
{
    /// <summary>All metrics, in the order of reports.</summary>
    public static IReadOnlyList<string> All { get; } = ["agreement", "top1", "kl", "cosine", "perplexity"];

    /// <summary>The metric of a comparison; null where it does not exist for these models or samples.</summary>
    public static MetricValue? Of(Comparison comparison, string metric)
    {
        IReadOnlyList<SampleFigures> samples = comparison.PerSample;
        switch (metric)
        {
            case "agreement" when comparison.Agreement is { } agreement && samples.Count > 0:
                return new(metric, 1, agreement, 1 - agreement, OneRowEach(samples)
                    ? Intervals.OfShare(samples.Sum(s => s.Rows - s.Same), samples.Count)
                    : Ratio(samples, s => s.Rows - s.Same, s => s.Rows), samples.Count);
            case "kl" when comparison.Kl is { } kl && samples.Count > 0:
                return new(metric, 0, kl, kl, Ratio(samples, s => s.Kl, s => s.Rows), samples.Count);
            case "cosine" when comparison.Cosine is { } cosine && samples.Count > 0:
                return new(metric, 1, cosine, 1 - cosine, Ratio(samples, s => s.Rows - s.Cosine, s => s.Rows), samples.Count);
            case "top1" when comparison is { DenseTop1: { } dense, PrunedTop1: { } pruned }:
                SampleFigures[] labelled = [.. samples.Where(s => s.DenseRight is not null)];
                return new(metric, dense, pruned, dense - pruned, Intervals.OfPairedShares(
                    labelled.Count(s => s is { DenseRight: true, PrunedRight: false }), labelled.Count(s => s is { DenseRight: false, PrunedRight: true }), labelled.Length), labelled.Length);
            case "perplexity" when comparison is { DensePerplexity: { } before, PrunedPerplexity: { } after }:
                SampleFigures[] told = [.. samples.Where(s => s.Tokens > 0)];
                return new(metric, before, after, (after / before) - 1, Intervals.ByDrawing(told.Length, drawn =>
                    Math.Exp(drawn.Sum(i => told[i].PrunedEntropy - told[i].DenseEntropy) / drawn.Sum(i => (double)told[i].Tokens)) - 1), told.Length);
            default:
                return null;
        }
    }

    private static bool OneRowEach(IReadOnlyList<SampleFigures> samples) => samples.All(s => s.Rows == 1);

    private static Range95 Ratio(IReadOnlyList<SampleFigures> samples, Func<SampleFigures, double> part, Func<SampleFigures, double> whole)
    {
        double[] parts = [.. samples.Select(part)], wholes = [.. samples.Select(whole)];
        return Intervals.ByDrawing(samples.Count, drawn => drawn.Sum(i => parts[i]) / Math.Max(1, drawn.Sum(i => wholes[i])));
    }
}
