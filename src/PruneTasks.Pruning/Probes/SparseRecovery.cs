namespace PruneTasks.Pruning;

/// <summary>What each group costs, recovered from random sets.</summary>
/// <param name="Solver">Name of the solver.</param>
/// <param name="Reason">Why this one, in words.</param>
/// <param name="Strength">Its setting, chosen by cross-validation.</param>
/// <param name="Importance">[group]: what the solver says, zeros included. To be looked at, not to be spent by.</param>
/// <param name="Prices">[group]: shrunk to the prior, so above zero for all. These are for a planner.</param>
/// <param name="Shrinkage">Share of the prior in <paramref name="Prices"/>, chosen by cross-validation, at least 0.05.</param>
/// <param name="HeldOutR2">Share of the variance of left-out probes that <paramref name="Prices"/> explain.</param>
/// <param name="Jaccard">Mean overlap (Jaccard) of the sets that LASSO, OMP and IHT hold important: a cross-check.</param>
public sealed record Recovery(
    string Solver, string Reason, double Strength, IReadOnlyList<double> Importance, IReadOnlyList<double> Prices, double Shrinkage, double HeldOutR2, double Jaccard);

/// <summary>Recovers prices of single groups from observations of random sets.</summary>
public static class SparseRecovery
{
    private const int Folds = 5;

    private static readonly double[] Shares = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

    /// <summary>Names of all solvers.</summary>
    public static IReadOnlyList<string> Solvers { get; } = [.. SparseSolvers.All.Select(s => s.Name)];

    /// <summary>Recovers.</summary>
    /// <param name="design">The sets.</param>
    /// <param name="observed">One observation for each.</param>
    /// <param name="prior">[group] ≥ 0: proportions that are expected before any measurement; null: all alike.</param>
    /// <param name="solver">One of <see cref="Solvers"/>, or <c>auto</c>.</param>
    /// <param name="crossCheck">Compute <see cref="Recovery.Jaccard"/>; else it is NaN.</param>
    public static Recovery Recover(ProbeDesign design, IReadOnlyList<double> observed, IReadOnlyList<double>? prior = null, string solver = "auto", bool crossCheck = true)
    {
        if (observed.Count != design.Probes.Count) throw new ArgumentException("one observation for each probe", nameof(observed));
        double[] expected = Positive(prior ?? [.. Enumerable.Repeat(1.0, design.GroupCount)]);
        (string name, string reason) = solver == "auto" ? Choose(design.GroupCount, observed.Count) : (solver, "asked for");
        SparseSolver chosen = SparseSolvers.Of(name);
        ProbeMatrix all = Matrix(design, observed, _ => true);
        double[] strengths = chosen.Strengths(all, expected);
        (int best, double share, double r2) = CrossValidate(design, observed, expected, chosen, strengths);
        double[] importance = chosen.Path(all, expected, strengths[..(best + 1)])[^1];
        double jaccard = crossCheck ? CrossCheck(all, expected, Math.Max(1, design.GroupCount / 4)) : double.NaN;
        return new Recovery(name, reason, strengths[best], importance, Mix(all, importance, expected, share), share, r2, jaccard);
    }

    /// <summary>As <see cref="Recover"/> with settings that were chosen before: cheap enough to be repeated for each bootstrap.</summary>
    internal static double[] Again(ProbeDesign design, IReadOnlyList<double> observed, IReadOnlyList<double>? prior, Recovery before)
    {
        double[] expected = Positive(prior ?? [.. Enumerable.Repeat(1.0, design.GroupCount)]);
        ProbeMatrix all = Matrix(design, observed, _ => true);
        return Mix(all, SparseSolvers.Of(before.Solver).Path(all, expected, [before.Strength])[0], expected, before.Shrinkage);
    }

    /// <summary>With two probes for each group there is nothing sparse to assume: ridge. Below, the LASSO.</summary>
    public static (string Solver, string Reason) Choose(int groups, int probes) => probes >= 2 * groups
        ? ("ridge", $"{probes} probes for {groups} groups: enough for least squares")
        : ("lasso", $"{probes} probes for {groups} groups: fewer than two each, so few are assumed to matter");

    private static (int Strength, double Share, double R2) CrossValidate(ProbeDesign design, IReadOnlyList<double> observed, double[] prior, SparseSolver solver, double[] strengths)
    {
        int[] permutations = [.. design.Probes.Select(p => p.Permutation).Distinct()];
        // Whole permutations are left out where there are enough, else single probes.
        int folds = Math.Min(Folds, observed.Count);
        Func<int, int> foldOf = permutations.Length >= folds ? i => Array.IndexOf(permutations, design.Probes[i].Permutation) % folds : i => i % folds;
        int[] fold = [.. Enumerable.Range(0, observed.Count).Select(foldOf)];
        var errors = new double[strengths.Length, Shares.Length];
        double total = 0;
        for (int f = 0; f < folds; f++)
        {
            ProbeMatrix train = Matrix(design, observed, i => fold[i] != f), test = Matrix(design, observed, i => fold[i] == f);
            if (train.Rows.Count == 0 || test.Rows.Count == 0) continue;
            double mean = train.Y.Average();
            total += test.Y.Sum(y => (y - mean) * (y - mean));
            IReadOnlyList<double[]> path = solver.Path(train, prior, strengths);
            foreach ((int s, int t) in Choices())
                errors[s, t] += ProbeMatrix.Predict(test.Rows, Mix(train, path[s], prior, Shares[t])).Zip(test.Y, (p, y) => (p - y) * (p - y)).Sum();
        }
        (int S, int T) best = Choices().MinBy(c => errors[c.S, c.T]);
        return (best.S, Shares[best.T], total > 0 ? 1 - (errors[best.S, best.T] / total) : 0);

        // The plainest first: of equals, the first is taken.
        IEnumerable<(int S, int T)> Choices() =>
            Enumerable.Range(0, strengths.Length).SelectMany(s => Enumerable.Range(0, Shares.Length).Reverse().Select(t => (s, t)));
    }

    /// <summary>(1 − share) · a + share · prior, the prior scaled to the observations.</summary>
    private static double[] Mix(ProbeMatrix x, double[] a, double[] prior, double share)
    {
        double[] sums = ProbeMatrix.Predict(x.Rows, prior);
        double scale = Math.Max(1e-12, sums.Zip(x.Y, (s, y) => s * y).Sum() / Math.Max(sums.Sum(s => s * s), double.Epsilon));
        return [.. a.Zip(prior, (v, p) => ((1 - share) * v) + (share * scale * p))];
    }

    private static double CrossCheck(ProbeMatrix x, double[] prior, int size)
    {
        HashSet<int>[] supports =
        [
            Top(SparseSolvers.Of("lasso").Path(x, prior, SparseSolvers.Of("lasso").Strengths(x, prior))[^1], size),
            Top(SparseSolvers.Of("omp").Path(x, prior, [size])[0], size),
            Top(SparseSolvers.Of("iht").Path(x, prior, [size])[0], size),
        ];
        return new[] { (0, 1), (0, 2), (1, 2) }.Average(p => RankAgreement.Jaccard(supports[p.Item1], supports[p.Item2]));
    }

    private static HashSet<int> Top(double[] a, int size) => [.. Enumerable.Range(0, a.Length).Where(j => a[j] > 0).OrderByDescending(j => a[j]).Take(size)];

    private static ProbeMatrix Matrix(ProbeDesign design, IReadOnlyList<double> observed, Func<int, bool> take)
    {
        int[] rows = [.. Enumerable.Range(0, observed.Count).Where(take)];
        return new ProbeMatrix(design.GroupCount, [.. rows.Select(i => design.Probes[i].Groups)], [.. rows.Select(i => observed[i])]);
    }

    /// <summary>Mean 1, nothing below a thousandth of it: what a prior calls free may still cost.</summary>
    private static double[] Positive(IReadOnlyList<double> prior)
    {
        double mean = prior.Average(p => Math.Max(0, p));
        return mean > 0 ? [.. prior.Select(p => Math.Max(Math.Max(0, p) / mean, 1e-3))] : [.. prior.Select(_ => 1.0)];
    }
}
