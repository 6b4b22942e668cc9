using PruneTasks.Pruning;

namespace PruneTasks.Worker.Evaluation;

/// <summary>95 % of what the same measurement on other samples would give.</summary>
internal readonly record struct Range95(double Low, double High);

/// <summary>Intervals of figures that are means over samples. Nothing is random but the draws of the bootstrap, which a fixed seed makes.</summary>
internal static class Intervals
{
    private const double Z = 1.959963984540054;
    private const int Draws = 1000;
    private const int LeastDraws = 200;
    private const long MostWork = 20_000_000;
    private const int Seed = 20_251;

    /// <summary>Wilson's interval of a share (Wilson 1927); has a width also where nothing or everything was hit.</summary>
    public static Range95 OfShare(double hits, double samples)
    {
        double p = hits / samples, z2 = Z * Z / samples;
        double middle = (p + (z2 / 2)) / (1 + z2);
        double half = Z / (1 + z2) * Math.Sqrt((p * (1 - p) / samples) + (z2 / (4 * samples)));
        return new Range95(Math.Max(0, middle - half), Math.Min(1, middle + half));
    }

    /// <summary>Interval of the difference of two shares on the same samples (Agresti and Min 2005: half a sample more in each of the four cells).</summary>
    /// <param name="lost">Samples that only the first has right.</param>
    /// <param name="won">Samples that only the second has right.</param>
    /// <param name="samples">All samples.</param>
    /// <returns>Interval of (lost − won) / samples.</returns>
    public static Range95 OfPairedShares(int lost, int won, int samples)
    {
        double n = samples + 2.0, difference = (lost - won) / n;
        double half = Z * Math.Sqrt(Math.Max(0, (lost + won + 1) - ((lost - won) * (lost - won) / n))) / n;
        return new Range95(Math.Max(-1, difference - half), Math.Min(1, difference + half));
    }

    /// <summary>Percentile bootstrap over whole samples (Efron 1979).</summary>
    /// <param name="samples">Number of samples.</param>
    /// <param name="statistic">The figure of the samples drawn, given by their numbers.</param>
    public static Range95 ByDrawing(int samples, Func<int[], double> statistic)
    {
        int draws = (int)Math.Clamp(MostWork / Math.Max(1, samples), LeastDraws, Draws);
        double[] sorted = [.. Bootstrap.Draw(draws, samples, drawn => [statistic(drawn)], Seed).Select(draw => draw[0]).Order()];
        return new Range95(Quantile(sorted, 0.025), Quantile(sorted, 0.975));
    }

    private static double Quantile(double[] sorted, double share)
    {
        double rank = share * (sorted.Length - 1);
        int below = (int)rank;
        return sorted[below] + ((rank - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
