namespace PruneTasks.Pruning.Tests.Probes;

public sealed class AgreementTests
{
    [Fact]
    public void Sums_that_are_exact_are_additive()
    {
        Additivity fit = Additivity.Of([1, 2, 4], [1, 2, 4]);
        Assert.Equal((1.0, 1.0, 0.0, 3), (fit.R2, fit.Ratio, fit.Error, fit.Unions));
        Assert.True(fit.Holds);
    }

    [Fact]
    public void Unions_that_cost_more_than_their_parts_are_found_out()
    {
        Additivity fit = Additivity.Of([2, 4, 8], [1, 2, 4]);
        Assert.Equal(2, fit.Ratio, 12);
        Assert.False(fit.Holds);
        Assert.False(Additivity.Of([1, 2, 3], [3, 2, 1]).Holds);
        Assert.False(Additivity.Of([1, 2, 3], [0, 0, 0]).Holds);
    }

    [Fact]
    public void Sums_that_hardly_differ_are_judged_by_their_error_not_by_R2()
    {
        Additivity fit = Additivity.Of([1, 1.02, 0.98], [1.02, 0.98, 1]);
        Assert.True(fit.R2 < 0);
        Assert.InRange(fit.Error, 0.02, 0.04);
        Assert.True(fit.Holds);
        Assert.False(Additivity.Of([1, 2, 0.2], [0.2, 1, 2]).Holds);
    }

    [Fact]
    public void Shared_prices_add_up_to_the_whole_for_interactions_of_pairs()
    {
        Random random = new(1);
        const int n = 6;
        double[,] pairs = new double[n, n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) pairs[i, j] = random.NextDouble();
        double Cost(IEnumerable<int> set)
        {
            int[] s = [.. set];
            return s.Sum(i => s.Where(j => j <= i).Sum(j => pairs[i, j]));
        }

        int[] all = [.. Enumerable.Range(0, n)];
        double[] prices = Additivity.Shared([.. all.Select(i => Cost([i]))], Cost(all), [.. all.Select(i => Cost(all.Where(j => j != i)))]);
        Assert.Equal(Cost(all), prices.Sum(), 10);
    }

    [Fact]
    public void Spearman_looks_at_ranks_only_and_gives_ties_their_mean()
    {
        Assert.Equal(1, RankAgreement.Spearman([1, 2, 3, 4], [1, 10, 100, 1000]), 12);
        Assert.Equal(-1, RankAgreement.Spearman([1, 2, 3], [3, 2, 1]), 12);
        Assert.Equal(0, RankAgreement.Spearman([1, 2, 3], [5, 5, 5]));
        // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), RankAgreement.Spearman([1, 2, 2, 3], [1, 2, 3, 4]), 12);
    }

    [Fact]
    public void Recall_counts_the_largest()
    {
        Assert.Equal(0.5, RankAgreement.TopRecall([9, 8, 1, 0], [9, 0, 8, 1], 2));
        Assert.Equal(1, RankAgreement.TopRecall([1, 2], [2, 1], 2));
        Assert.Equal(1.0 / 3, RankAgreement.Jaccard(new HashSet<int> { 1, 2 }, new HashSet<int> { 2, 3 }), 12);
        Assert.Equal(2, RankAgreement.EffectiveNumber([1, 0, 1, 0]), 12);
    }

    [Fact]
    public void Intervals_of_a_mean_hold_it_and_are_the_same_each_time()
    {
        double[] values = [.. Enumerable.Range(0, 50).Select(i => (double)i)];
        Interval[] Once() => Bootstrap.Intervals(Bootstrap.Draw(200, 50, drawn => [drawn.Average(i => values[i]), 7], 3));
        Interval[] a = Once();
        Assert.Equal(a, Once());
        // The standard error is 14.43 / √50 = 2.04; 5 to 95 % is ± 1.645 of it.
        Assert.InRange(a[0].Low, 19.5, 22.5);
        Assert.InRange(a[0].High, 26.5, 29.5);
        Assert.Equal(new Interval(7, 7), a[1]);
    }
}
