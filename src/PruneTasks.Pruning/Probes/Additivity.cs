namespace PruneTasks.Pruning;

/// <summary>How well the increase of a union is the sum of the increases of its parts: the homomorphism, measured.</summary>
/// <param name="R2">1 − Σ(measured − sum)² / Σ(measured − mean)², nothing fitted; below 0 if the mean alone predicts better.</param>
/// <param name="Ratio">Σ measured / Σ of the sums: above 1, parts hurt each other.</param>
/// <param name="Error">Root mean square of measured − sum, as a share of the mean of the measured.</param>
/// <param name="Unions">Number of unions.</param>
public sealed record Additivity(double R2, double Ratio, double Error, int Unions)
{
    /// <summary>Ratio within 0.7 to 1.4, and either R² of at least 0.5 or an error of at most 0.3: then a sum of prices may be trusted.</summary>
    /// <remarks>A good plan makes all sites about equally dear, so that the sums hardly differ: then R² is low although each sum is right (docs/decisions/0011).</remarks>
    public bool Holds => (R2 >= 0.5 || Error <= 0.3) && Ratio is >= 0.7 and <= 1.4;

    /// <summary>Compares.</summary>
    /// <param name="measured">Increase of each union.</param>
    /// <param name="sums">Sum of the increases of its parts, each measured alone.</param>
    public static Additivity Of(IReadOnlyList<double> measured, IReadOnlyList<double> sums)
    {
        double mean = measured.DefaultIfEmpty(0).Average(), spread = measured.Sum(y => (y - mean) * (y - mean)), sum = sums.Sum();
        double error = measured.Zip(sums, (y, s) => (y - s) * (y - s)).Sum();
        return new Additivity(spread > 0 ? 1 - (error / spread) : error == 0 ? 1 : double.NegativeInfinity, sum != 0 ? measured.Sum() / sum : double.NaN, mean != 0 ? Math.Sqrt(error / measured.Count) / Math.Abs(mean) : double.NaN, measured.Count);
    }

    /// <summary>
    /// Prices of parts that are not additive: half of what a part costs alone, half of what it costs on top of all others. For costs with
    /// interactions of pairs at most this is the Shapley value (1953), so that the prices of all parts sum up to what all cost together.
    /// </summary>
    /// <param name="alone">[part]: increase by the part alone.</param>
    /// <param name="all">Increase by all parts together.</param>
    /// <param name="without">[part]: increase by all others together.</param>
    public static double[] Shared(IReadOnlyList<double> alone, double all, IReadOnlyList<double> without) =>
        [.. alone.Zip(without, (a, w) => Math.Max(0, (a + (all - w)) / 2))];
}
