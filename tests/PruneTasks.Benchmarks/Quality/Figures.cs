namespace PruneTasks.Benchmarks.Quality;

/// <summary>One pruned model against the dense one on test data.</summary>
/// <param name="Samples">Samples, or positions of a text, behind the means.</param>
/// <param name="Kl">Mean KL(dense ‖ pruned) in nats.</param>
/// <param name="Agreement">Share with the same first answer.</param>
/// <param name="Top1">Share with the right first answer; 0 without labels.</param>
/// <param name="DenseTop1">The same of the dense model.</param>
/// <param name="Perplexity">Of the next token; 0 where nothing is predicted.</param>
/// <param name="DensePerplexity">The same of the dense model.</param>
/// <param name="Macs">MACs that remain, as a share of dense.</param>
/// <param name="Seconds">Of the worker's stages, without the comparison of the two models.</param>
/// <param name="Stages">Seconds of each stage.</param>
internal sealed record Figures(
    int Samples, double Kl, double Agreement, double Top1, double DenseTop1, double Perplexity, double DensePerplexity, double Macs, double Seconds,
    Dictionary<string, double> Stages)
{
    /// <summary>Points of top-1 below dense; negative if above.</summary>
    public double Drop => 100 * (DenseTop1 - Top1);
}

/// <summary>Means and scatter over seeds.</summary>
internal sealed record Spread(double Mean, double Deviation, int Count)
{
    /// <summary>Of these values; the deviation is that of a sample (n − 1), 0 for one value.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        return new Spread(mean, all.Length < 2 ? 0 : Math.Sqrt(all.Sum(v => (v - mean) * (v - mean)) / (all.Length - 1)), all.Length);
    }

    /// <summary>As text with four decimals; what is below a thousandth with two digits.</summary>
    public string Fine() => Mean is > 0 and < 0.001 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Mean:G2}{(Count < 2 ? "" : $" ± {Deviation:G1}")}") : Text(4);

    /// <summary>As text with so many decimals.</summary>
    public string Text(int decimals) => Count < 2
        ? Mean.ToString($"F{decimals}", System.Globalization.CultureInfo.InvariantCulture)
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Mean.ToString($"F{decimals}", System.Globalization.CultureInfo.InvariantCulture)} ± {Deviation.ToString($"F{decimals}", System.Globalization.CultureInfo.InvariantCulture)}");
}
