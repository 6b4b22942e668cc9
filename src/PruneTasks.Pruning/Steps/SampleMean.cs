namespace PruneTasks.Pruning;

/// <summary>A mean over samples with its standard error.</summary>
/// <param name="Mean">The mean; 0 without samples.</param>
/// <param name="Error">Standard deviation of the samples over the root of their number; infinite with fewer than two.</param>
/// <param name="Samples">Number of samples.</param>
public sealed record SampleMean(double Mean, double Error, int Samples)
{
    /// <summary>Mean over its standard error; 0 where all samples are 0.</summary>
    public double Significance => Mean == 0 ? 0 : Mean / Error;

    /// <summary>Of these values.</summary>
    public static SampleMean Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0) return new SampleMean(0, double.PositiveInfinity, 0);
        double mean = values.Average();
        double error = values.Count < 2 ? double.PositiveInfinity : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1.0) / values.Count);
        return new SampleMean(mean, error, values.Count);
    }

    /// <summary>Bounds between which the mean of equally many other samples lies with 90 %, so that each bound alone holds with 95 %: paired percentile bootstrap.</summary>
    /// <remarks>Efron, "Bootstrap methods: another look at the jackknife" (1979); pairs are kept because a value already is a difference.</remarks>
    /// <param name="values">One difference per sample.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="draws">Number of draws.</param>
    public static (double Lower, double Upper) Bootstrap(IReadOnlyList<double> values, int seed, int draws = 2000)
    {
        if (values.Count == 0) return (double.NegativeInfinity, double.PositiveInfinity);
        Random random = new(seed);
        var means = new double[draws];
        for (int d = 0; d < draws; d++)
        {
            double sum = 0;
            for (int i = 0; i < values.Count; i++) sum += values[random.Next(values.Count)];
            means[d] = sum / values.Count;
        }
        Array.Sort(means);
        return (means[(int)(0.05 * (draws - 1))], means[(int)Math.Ceiling(0.95 * (draws - 1))]);
    }
}
