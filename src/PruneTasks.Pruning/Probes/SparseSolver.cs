namespace PruneTasks.Pruning;

/// <summary>A way to recover what each group costs from what random sets of them cost.</summary>
/// <param name="Name">As in specs, reports and tables.</param>
/// <param name="Source">Where the method comes from.</param>
/// <param name="Strengths">Settings to choose from by cross-validation, the weakest model first.</param>
/// <param name="Path">One solution for each strength.</param>
internal sealed record SparseSolver(
    string Name, string Source, Func<ProbeMatrix, double[], double[]> Strengths, Func<ProbeMatrix, double[], double[], IReadOnlyList<double[]>> Path);

/// <summary>The table of solvers. All solve y ≈ X a, a ≥ 0; the second argument is the prior, positive, mean 1.</summary>
internal static class SparseSolvers
{
    private const int Steps = 16;

    /// <summary>All solvers.</summary>
    public static IReadOnlyList<SparseSolver> All { get; } =
    [
        new("lasso", "Tibshirani 1996, weighted (Zou 2006), by coordinate descent (Friedman et al. 2010), debiased on the support",
            (x, prior) => Falling(Enumerable.Range(0, x.Columns).Max(j => x.Correlate(x.Y)[j] * prior[j]) / Math.Max(1, x.Rows.Count), 1e-3), Lasso),
        new("omp", "orthogonal matching pursuit (Pati et al. 1993), non-negative", (x, _) => Sizes(x), MatchingPursuit),
        new("iht", "iterative hard thresholding (Blumensath and Davies 2009), non-negative, debiased", (x, _) => Sizes(x), HardThresholding),
        new("ridge", "non-negative ridge (Hoerl and Kennard 1970) towards the prior", (x, _) => Falling(100.0 * x.Rows.Average(r => r.Count) / x.Columns, 1e-6), Ridge),
    ];

    /// <summary>The row of a solver.</summary>
    public static SparseSolver Of(string name) => All.FirstOrDefault(s => s.Name == name) ?? throw new ArgumentException($"no solver '{name}'", nameof(name));

    private static double[] Falling(double from, double to) => [.. Enumerable.Range(0, Steps).Select(i => from * Math.Pow(to, (double)i / (Steps - 1)))];

    /// <summary>Numbers of groups that may matter: up to as many as there are probes, or half of the groups.</summary>
    private static double[] Sizes(ProbeMatrix x)
    {
        int most = Math.Max(1, Math.Min(x.Rows.Count, (x.Columns + 1) / 2));
        return [.. Enumerable.Range(1, Steps).Select(i => Math.Ceiling((double)most * i / Steps)).Distinct()];
    }

    private static List<double[]> Lasso(ProbeMatrix x, double[] prior, double[] strengths)
    {
        List<double[]> path = [];
        var a = new double[x.Columns];
        foreach (double strength in strengths)
        {
            x.Descend(a, [.. prior.Select(p => strength / p)], 0, null);
            path.Add(Debias(x, a));
        }
        return path;
    }

    private static List<double[]> MatchingPursuit(ProbeMatrix x, double[] prior, double[] sizes)
    {
        List<double[]> path = [];
        var a = new double[x.Columns];
        double[] closed = [.. Enumerable.Repeat(double.PositiveInfinity, x.Columns)];
        int chosen = 0;
        foreach (double size in sizes)
        {
            while (chosen < size)
            {
                double[] correlation = x.Correlate(x.Residual(a));
                int best = Enumerable.Range(0, x.Columns).Where(j => closed[j] > 0 && x.RowsOf[j].Length > 0)
                    .DefaultIfEmpty(-1).MaxBy(j => j < 0 ? 0 : correlation[j] / Math.Sqrt(x.RowsOf[j].Length));
                if (best < 0 || correlation[best] <= 0) break;
                closed[best] = 0;
                x.Descend(a, closed, 1e-9, null, 50);
                chosen++;
            }
            path.Add([.. a]);
        }
        return path;
    }

    private static List<double[]> HardThresholding(ProbeMatrix x, double[] prior, double[] sizes)
    {
        double step = 1 / Math.Max(LargestEigenvalue(x), 1e-12);
        List<double[]> path = [];
        var a = new double[x.Columns];
        foreach (double size in sizes)
        {
            for (int i = 0; i < 200; i++)
            {
                double[] gradient = x.Correlate(x.Residual(a));
                double[] next = [.. a.Zip(gradient, (v, g) => Math.Max(0, v + (step * g)))];
                foreach (int j in Enumerable.Range(0, next.Length).OrderByDescending(j => next[j]).Skip((int)size)) next[j] = 0;
                double moved = next.Zip(a, (n, o) => Math.Abs(n - o)).Max();
                a = next;
                if (moved <= 1e-9 * x.Y.Select(Math.Abs).Max()) break;
            }
            path.Add(Debias(x, a));
        }
        return path;
    }

    private static List<double[]> Ridge(ProbeMatrix x, double[] prior, double[] strengths)
    {
        // The prior knows proportions only; the observations say how much all groups cost together.
        double[] sums = ProbeMatrix.Predict(x.Rows, prior);
        double scale = Math.Max(0, sums.Zip(x.Y, (s, y) => s * y).Sum()) / Math.Max(sums.Sum(s => s * s), double.Epsilon);
        double[] centre = [.. prior.Select(p => scale * p)], none = new double[x.Columns], a = [.. centre];
        List<double[]> path = [];
        foreach (double strength in strengths)
        {
            x.Descend(a, none, strength, centre);
            path.Add([.. a]);
        }
        return path;
    }

    /// <summary>Non-negative least squares on the support: what the penalty took is given back.</summary>
    private static double[] Debias(ProbeMatrix x, double[] a)
    {
        double[] free = [.. a];
        x.Descend(free, [.. a.Select(v => v > 0 ? 0 : double.PositiveInfinity)], 1e-9, null);
        return free;
    }

    /// <summary>Of XᵀX, by power iteration; all entries are positive, so it converges from the constant vector.</summary>
    private static double LargestEigenvalue(ProbeMatrix x)
    {
        double[] v = [.. Enumerable.Repeat(1.0, x.Columns)];
        double norm = 0;
        for (int i = 0; i < 50; i++)
        {
            v = x.Correlate(ProbeMatrix.Predict(x.Rows, v));
            norm = Math.Sqrt(v.Sum(e => e * e));
            if (norm == 0) return 0;
            for (int j = 0; j < v.Length; j++) v[j] /= norm;
        }
        return norm;
    }
}
