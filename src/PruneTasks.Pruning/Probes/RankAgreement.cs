namespace PruneTasks.Pruning;

/// <summary>How far two lists of prices agree.</summary>
public static class RankAgreement
{
    /// <summary>Spearman's rank correlation; ties get their mean rank. 0 where one list is constant.</summary>
    public static double Spearman(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        double[] x = Ranks(a), y = Ranks(b);
        double mean = (a.Count - 1) / 2.0;
        double xx = x.Sum(v => (v - mean) * (v - mean)), yy = y.Sum(v => (v - mean) * (v - mean));
        return xx == 0 || yy == 0 ? 0 : x.Zip(y, (u, v) => (u - mean) * (v - mean)).Sum() / Math.Sqrt(xx * yy);
    }

    /// <summary>Share of the <paramref name="k"/> largest entries of <paramref name="truth"/> that are among the k largest of <paramref name="estimate"/>.</summary>
    public static double TopRecall(IReadOnlyList<double> estimate, IReadOnlyList<double> truth, int k) =>
        k == 0 ? 1 : (double)Top(estimate, k).Intersect(Top(truth, k)).Count() / k;

    /// <summary>|A ∩ B| / |A ∪ B|; 1 for two empty sets.</summary>
    public static double Jaccard(IReadOnlySet<int> a, IReadOnlySet<int> b)
    {
        int both = a.Count(b.Contains);
        return a.Count + b.Count == 0 ? 1 : (double)both / (a.Count + b.Count - both);
    }

    /// <summary>(Σa)² / Σa²: how many entries carry the sum; 1 if one does, n if all are equal.</summary>
    public static double EffectiveNumber(IReadOnlyList<double> a)
    {
        double squares = a.Sum(v => v * v);
        return squares > 0 ? a.Sum() * a.Sum() / squares : 0;
    }

    private static IEnumerable<int> Top(IReadOnlyList<double> a, int k) => Enumerable.Range(0, a.Count).OrderByDescending(i => a[i]).Take(k);

    private static double[] Ranks(IReadOnlyList<double> a)
    {
        var ranks = new double[a.Count];
        int first = 0;
        foreach (IGrouping<double, int> tie in Enumerable.Range(0, a.Count).GroupBy(i => a[i]).OrderBy(g => g.Key))
        {
            foreach (int i in tie) ranks[i] = first + ((tie.Count() - 1) / 2.0);
            first += tie.Count();
        }
        return ranks;
    }
}
