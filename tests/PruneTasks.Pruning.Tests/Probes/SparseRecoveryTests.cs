namespace PruneTasks.Pruning.Tests.Probes;

public sealed class SparseRecoveryTests
{
    public static TheoryData<string, int> SolversAndSeeds()
    {
        TheoryData<string, int> data = [];
        foreach (string solver in SparseRecovery.Solvers.Where(s => s != "ridge"))
            for (int seed = 1; seed <= 5; seed++) data.Add(solver, seed);
        return data;
    }

    [Theory]
    [MemberData(nameof(SolversAndSeeds))]
    public void Sparse_solvers_find_the_few_groups_that_matter_from_fewer_probes_than_groups(string solver, int seed)
    {
        double[] truth = Sparse(100, 8, seed);
        ProbeDesign design = ProbeDesign.Create(100, 0.15, 60, seed);
        Recovery recovery = SparseRecovery.Recover(design, Observe(design, truth, 0, seed), null, solver);
        Assert.Equal(1, RankAgreement.TopRecall(recovery.Importance, truth, 8));
        Assert.All(Enumerable.Range(0, 100), j => Assert.Equal(truth[j], recovery.Importance[j], 0.02));
        Assert.True(recovery.HeldOutR2 > 0.95, $"{recovery.HeldOutR2}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Ridge_finds_dense_prices_from_two_probes_for_each(int seed)
    {
        double[] truth = Dense(40, seed);
        ProbeDesign design = ProbeDesign.Create(40, 0.2, 120, seed);
        Recovery recovery = SparseRecovery.Recover(design, Observe(design, truth, 0.01, seed));
        Assert.Equal("ridge", recovery.Solver);
        Assert.True(RankAgreement.Spearman(recovery.Prices, truth) > 0.9);
    }

    [Theory]
    [InlineData("lasso")]
    [InlineData("omp")]
    [InlineData("iht")]
    [InlineData("ridge")]
    public void A_price_is_never_zero_even_where_the_solver_says_so(string solver)
    {
        double[] truth = Sparse(60, 4, 9);
        ProbeDesign design = ProbeDesign.Create(60, 0.15, 40, 9);
        Recovery recovery = SparseRecovery.Recover(design, Observe(design, truth, 0.001, 9), null, solver);
        Assert.All(recovery.Prices, p => Assert.True(p > 0));
        if (solver != "ridge") Assert.Contains(0.0, recovery.Importance);
    }

    [Fact]
    public void Observations_that_say_nothing_leave_the_prior()
    {
        Random random = new(4);
        double[] prior = Dense(50, 4);
        ProbeDesign design = ProbeDesign.Create(50, 0.2, 25, 4);
        Recovery recovery = SparseRecovery.Recover(design, [.. design.Probes.Select(_ => random.NextDouble())], prior);
        Assert.True(recovery.Shrinkage >= 0.5, $"{recovery.Shrinkage}");
        Assert.True(RankAgreement.Spearman(recovery.Prices, prior) > 0.5);
    }

    [Fact]
    public void A_good_prior_helps_where_probes_are_few()
    {
        double[] truth = Dense(80, 5);
        Random random = new(5);
        double[] prior = [.. truth.Select(t => t * (0.7 + (0.6 * random.NextDouble())))];
        ProbeDesign design = ProbeDesign.Create(80, 0.1, 40, 5);
        double[] observed = Observe(design, truth, 0.05, 5);
        double with = RankAgreement.Spearman(SparseRecovery.Recover(design, observed, prior).Prices, truth);
        double without = RankAgreement.Spearman(SparseRecovery.Recover(design, observed).Prices, truth);
        Assert.True(with > without, $"{with} {without}");
        Assert.True(with > 0.85, $"{with}");
    }

    [Fact]
    public void Names_of_groups_do_not_matter()
    {
        double[] truth = Sparse(30, 5, 2);
        ProbeDesign design = ProbeDesign.Create(30, 0.2, 45, 2);
        double[] observed = Observe(design, truth, 0.01, 2);
        int[] renamed = [.. Enumerable.Range(0, 30).Reverse()];
        ProbeDesign other = design with { Probes = [.. design.Probes.Select(p => p with { Groups = [.. p.Groups.Select(g => renamed[g]).Order()] })] };
        Recovery a = SparseRecovery.Recover(design, observed), b = SparseRecovery.Recover(other, observed);
        Assert.All(Enumerable.Range(0, 30), j => Assert.Equal(a.Prices[j], b.Prices[renamed[j]], 0.01));
    }

    [Fact]
    public void The_solver_is_chosen_by_the_number_of_probes()
    {
        Assert.Equal("lasso", SparseRecovery.Choose(100, 199).Solver);
        Assert.Equal("ridge", SparseRecovery.Choose(100, 200).Solver);
        Assert.Contains("200 probes for 100 groups", SparseRecovery.Choose(100, 200).Reason, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SparseRecovery.Recover(ProbeDesign.Create(4, 0.5, 4, 1), [1, 1, 1, 1], null, "magic"));
    }

    [Fact]
    public void Supports_agree_where_the_problem_is_sparse_and_less_where_it_is_not()
    {
        double[] sparse = Sparse(60, 15, 3), dense = Dense(60, 3);
        ProbeDesign design = ProbeDesign.Create(60, 0.1, 50, 3);
        double a = SparseRecovery.Recover(design, Observe(design, sparse, 0, 3)).Jaccard, b = SparseRecovery.Recover(design, Observe(design, dense, 0.2, 3)).Jaccard;
        Assert.True(a > b, $"{a} {b}");
        Assert.InRange(b, 0, 1);
    }

    [Fact]
    public void Bootstrap_intervals_hold_the_prices_and_narrow_with_more_probes()
    {
        double[] truth = Dense(20, 6);
        double Width(int probes)
        {
            ProbeDesign design = ProbeDesign.Create(20, 0.2, probes, 6);
            Random random = new(6);
            double[][] samples = [.. design.Probes.Select(p => (double[])[.. Enumerable.Range(0, 16).Select(_ => p.Groups.Sum(g => truth[g]) * (0.8 + (0.4 * random.NextDouble())))])];
            Recovery recovery = SparseRecovery.Recover(design, [.. samples.Select(s => s.Average())]);
            Interval[] intervals = Bootstrap.OfRecovery(design, samples, null, recovery, 60, 1);
            Assert.All(intervals, i => Assert.True(i.Low <= i.High && i.Low >= 0));
            Assert.True(intervals.Zip(recovery.Prices).Count(p => p.First.Low <= p.Second && p.Second <= p.First.High) >= 17);
            return intervals.Average(i => i.High - i.Low);
        }

        Assert.True(Width(200) < Width(50));
    }

    private static double[] Sparse(int n, int k, int seed)
    {
        Random random = new(seed * 31);
        var truth = new double[n];
        foreach (int j in Enumerable.Range(0, n).OrderBy(_ => random.Next()).Take(k).ToArray()) truth[j] = 0.5 + random.NextDouble();
        return truth;
    }

    private static double[] Dense(int n, int seed)
    {
        Random random = new(seed * 17);
        return [.. Enumerable.Range(0, n).Select(_ => Math.Exp(2 * random.NextDouble()) / 4)];
    }

    private static double[] Observe(ProbeDesign design, double[] truth, double noise, int seed)
    {
        Random random = new(seed);
        return [.. design.Probes.Select(p => p.Groups.Sum(g => truth[g]) + (noise * (random.NextDouble() - 0.5)))];
    }
}
