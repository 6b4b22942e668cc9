namespace PruneTasks.Pruning;

/// <summary>For whose data a group matters more than for the others'.</summary>
public enum GroupClass
{
    /// <summary>Not to be told from the samples at hand.</summary>
    Undecided,

    /// <summary>Takes a larger share of all prices on the personal data than on the common data.</summary>
    Personal,

    /// <summary>Takes a larger share on the common data.</summary>
    Common,
}

/// <summary>One group.</summary>
/// <param name="Name">Name for reports.</param>
/// <param name="Personal">Price on the personal data, mean over samples; which price is the meter's choice, since only shares are compared.</param>
/// <param name="Common">Price on the common data.</param>
/// <param name="Score">log of (share of all personal prices / share of all common prices): above 0, more personal.</param>
/// <param name="Interval">5–95 % of the score over samples.</param>
/// <param name="Support">Share of the bootstraps in which the score is above 0.</param>
/// <param name="Class">Personal if the share is at least a tenth larger in 90 % of the bootstraps, common if it is as much smaller; undecided if the partition is not separable.</param>
public sealed record GroupScore(string Name, double Personal, double Common, double Score, Interval Interval, double Support, GroupClass Class);

/// <summary>Personal and common groups.</summary>
/// <param name="Groups">In the order given.</param>
/// <param name="Separable">The personal data differ from the common data by more than two halves of the common data do from each other.</param>
/// <param name="Spread">Root mean square of the scores, personal half-size samples against halves of the common ones, mean over the splits.</param>
/// <param name="NullSpread">The same between two halves of the common data.</param>
/// <param name="Further">Share of the splits in which the first is larger; separable from 0.95 on.</param>
/// <param name="NullDecided">Groups that would be called personal or common between two halves of the common data: what chance gives.</param>
/// <param name="RankCorrelation">Spearman of personal and common prices: near 1, the same groups matter to both.</param>
public sealed record GroupPartition(
    IReadOnlyList<GroupScore> Groups, bool Separable, double Spread, double NullSpread, double Further, int NullDecided, double RankCorrelation)
{
    private const double Sure = 0.9;

    // log 1.1: sure but tiny differences of groups that hardly matter say nothing.
    private const double Margin = 0.0953;

    private const double FurtherThanNull = 0.95;

    /// <summary>Fewest samples on each side.</summary>
    public const int LeastSamples = 8;

    /// <summary>Compares prices on personal data with prices on common data.</summary>
    /// <param name="names">Name of each group.</param>
    /// <param name="personal">Prices on the personal samples.</param>
    /// <param name="common">Prices on the common samples.</param>
    /// <param name="bootstraps">Number of bootstraps, and of splits for the null.</param>
    /// <param name="seed">Of all draws.</param>
    /// <exception cref="ArgumentException">Fewer than <see cref="LeastSamples"/> on a side.</exception>
    public static GroupPartition Of(
        IReadOnlyList<string> names, PriceSample personal, PriceSample common, int bootstraps, int seed)
    {
        if (personal.Samples < LeastSamples || common.Samples < LeastSamples) throw new ArgumentException($"at least {LeastSamples} samples on each side", nameof(personal));
        double[] p = personal.Prices([.. Enumerable.Range(0, personal.Samples)]), c = common.Prices([.. Enumerable.Range(0, common.Samples)]), scores = Scores(p, c);
        SplitMix random = new(seed);
        double[][] draws = [.. Enumerable.Range(0, bootstraps).Select(_ => Scores(personal.Prices(random.Resample(personal.Samples)), common.Prices(random.Resample(common.Samples))))];
        (double spread, double nullSpread, double further) = AgainstNull(personal, common, bootstraps, random);
        int[] order = random.Permutation(common.Samples), first = order[..(common.Samples / 2)], second = order[(common.Samples / 2)..];
        double[][] nulls = [.. Enumerable.Range(0, bootstraps).Select(_ => Scores(common.Prices(Draw(first)), common.Prices(Draw(second))))];
        bool separable = further >= FurtherThanNull;
        Interval[] intervals = Bootstrap.Intervals(draws);
        return new GroupPartition(
            [.. names.Select((name, j) =>
            {
                double support = Support(draws, j);
                return new GroupScore(name, p[j], c[j], scores[j], intervals[j], support, separable ? ClassOf(draws, j) : GroupClass.Undecided);
            })],
            separable, spread, nullSpread, further, Enumerable.Range(0, names.Count).Count(j => ClassOf(nulls, j) != GroupClass.Undecided), RankAgreement.Spearman(p, c));

        int[] Draw(int[] half) => [.. random.Resample(half.Length).Select(i => half[i])];
    }

    /// <summary>Random splits of the common data into halves A and B, with as many personal samples: is personal further from A than B is?</summary>
    private static (double Spread, double Null, double Further) AgainstNull(PriceSample personal, PriceSample common, int splits, SplitMix random)
    {
        int size = Math.Min(personal.Samples, common.Samples / 2);
        double spread = 0, nullSpread = 0, further = 0;
        for (int i = 0; i < splits; i++)
        {
            int[] order = random.Permutation(common.Samples), own = random.Permutation(personal.Samples);
            double[] a = common.Prices(order[..size]), b = common.Prices(order[size..(2 * size)]);
            double x = Rms(Scores(personal.Prices(own[..size]), a)), y = Rms(Scores(b, a));
            spread += x / splits;
            nullSpread += y / splits;
            if (x > y) further += 1.0 / splits;
        }
        return (spread, nullSpread, further);
    }

    // A hundredth of the mean share is added to both sides, so that a group without a price on either side does not decide everything.
    private static double[] Scores(double[] personal, double[] common)
    {
        double p = personal.Sum(), c = common.Sum(), floor = 0.01 / personal.Length;
        return p <= 0 || c <= 0 ? new double[personal.Length]
            : [.. personal.Zip(common, (x, y) => Math.Log(((Math.Max(0, x) / p) + floor) / ((Math.Max(0, y) / c) + floor)))];
    }

    private static double Rms(double[] values) => Math.Sqrt(values.Average(v => v * v));

    private static double Support(double[][] draws, int group) => draws.Length == 0 ? 0.5 : draws.Average(d => d[group] > 0 ? 1.0 : 0.0);

    private static GroupClass ClassOf(double[][] draws, int group)
    {
        int surely = (int)Math.Ceiling(Sure * draws.Length);
        return draws.Length == 0 ? GroupClass.Undecided
            : draws.Count(d => d[group] > Margin) >= surely ? GroupClass.Personal
            : draws.Count(d => d[group] < -Margin) >= surely ? GroupClass.Common
            : GroupClass.Undecided;
    }
}
