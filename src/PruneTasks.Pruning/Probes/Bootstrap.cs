namespace PruneTasks.Pruning;

/// <summary>5 to 95 % of the bootstraps of one figure.</summary>
public readonly record struct Interval(double Low, double High);

/// <summary>Intervals by drawing anew, with replacement, from what was measured (Efron 1979, percentile form).</summary>
public static class Bootstrap
{
    /// <summary>Draws.</summary>
    /// <param name="count">Number of draws.</param>
    /// <param name="units">Number of independent units (samples, permutations).</param>
    /// <param name="statistic">Figures of one draw, given the units drawn.</param>
    /// <param name="seed">Of the draws.</param>
    /// <returns>[draw][figure].</returns>
    public static IReadOnlyList<double[]> Draw(int count, int units, Func<int[], double[]> statistic, int seed)
    {
        SplitMix random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => statistic(random.Resample(units)))];
    }

    /// <summary>5–95 % of each figure.</summary>
    public static Interval[] Intervals(IReadOnlyList<double[]> draws) =>
        draws.Count == 0 ? [] : [.. Enumerable.Range(0, draws[0].Length).Select(j =>
        {
            double[] sorted = [.. draws.Select(d => d[j]).Order()];
            return new Interval(Quantile(sorted, 0.05), Quantile(sorted, 0.95));
        })];

    /// <summary>Intervals of recovered prices over permutations and, with what each sample says about each probe, over samples.</summary>
    /// <param name="design">The sets.</param>
    /// <param name="observed">[probe][sample].</param>
    /// <param name="prior">As in <see cref="SparseRecovery.Recover"/>.</param>
    /// <param name="recovery">Solver and settings.</param>
    /// <param name="count">Number of draws.</param>
    /// <param name="seed">Of the draws.</param>
    public static Interval[] OfRecovery(
        ProbeDesign design, IReadOnlyList<IReadOnlyList<double>> observed, IReadOnlyList<double>? prior, Recovery recovery, int count, int seed)
    {
        ILookup<int, int> byPermutation = Enumerable.Range(0, design.Probes.Count).ToLookup(i => design.Probes[i].Permutation);
        int[] permutations = [.. byPermutation.Select(g => g.Key)];
        SplitMix random = new(seed);
        List<double[]> draws = [];
        for (int draw = 0; draw < count; draw++)
        {
            int[] rows = [.. random.Resample(permutations.Length).SelectMany(p => byPermutation[permutations[p]])];
            int[] samples = random.Resample(observed[0].Count);
            draws.Add(SparseRecovery.Again(
                design with { Probes = [.. rows.Select(i => design.Probes[i])] }, [.. rows.Select(i => samples.Average(s => observed[i][s]))], prior, recovery));
        }
        return Intervals(draws);
    }

    private static double Quantile(double[] sorted, double q)
    {
        double at = q * (sorted.Length - 1);
        int low = (int)at;
        return low + 1 < sorted.Length ? sorted[low] + ((at - low) * (sorted[low + 1] - sorted[low])) : sorted[low];
    }
}
