using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

public sealed class WhitenedSvdTests
{
    [Fact]
    public void Full_rank_is_the_identity_and_ranks_are_nested()
    {
        using var scope = NewDisposeScope();
        (Tensor q, Tensor k) = (Numbers.Correlated(1, 200, 8), Numbers.Correlated(3, 200, 8).Centred());
        QueryKeyFactors full = Factors(q, k, 8), five = Factors(q, k, 5);
        Numbers.Near(eye(8), full.Query.mm(full.Key.t()), 1e-9);
        Numbers.Near(full.Query.narrow(1, 0, 5), five.Query, 0);
        Numbers.Near(full.Key.narrow(1, 0, 5), five.Key, 0);
        Assert.Equal(0, full.Errors[8]);
        Assert.Equal(9, full.Errors.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Error_is_that_of_the_scores_and_no_other_factors_do_better(int rank)
    {
        using var scope = NewDisposeScope();
        (Tensor q, Tensor k) = (Numbers.Correlated(1, 300, 8), Numbers.Correlated(3, 200, 8).Centred());
        QueryKeyFactors best = Factors(q, k, rank);
        // Mean over independent pairs (query, key) of the squared error of the score.
        double Error(Tensor a, Tensor b) => (q.mm(k.t()) - q.mm(a).mm(k.mm(b).t())).Squares() / (300.0 * 200);
        double measured = Error(best.Query, best.Key);
        Assert.Equal(best.Errors[rank], measured, measured * 1e-3);
        for (int seed = 20; seed < 40; seed++)
        {
            Assert.True(measured <= Error(best.Query + 0.01 * Numbers.Normal(seed, 8, rank), best.Key + 0.01 * Numbers.Normal(seed + 50, 8, rank)));
            Tensor subset = eye(8, dtype: float64).Columns(Enumerable.Range(seed % 5, rank));
            Assert.True(measured <= Error(subset, subset));
        }
    }

    [Fact]
    public void What_all_keys_share_and_unused_directions_cost_nothing()
    {
        using var scope = NewDisposeScope();
        Tensor q = Numbers.Normal(1, 300, 6);
        q.narrow(1, 2, 4).zero_();
        Tensor k = Numbers.Normal(2, 300, 6);
        QueryKeyFactors factors = WhitenedSvd.QueryKey(q.Gram() / 300, k.Centred().Gram() / 300, 2);
        // Two directions are used; the ridge stands for the other four.
        Assert.True(factors.Errors[2] < 1e-4 * factors.Errors[0]);
        Tensor scores = q.mm(k.t());
        Assert.True((scores - q.mm(factors.Query).mm(k.mm(factors.Key).t())).Squares() < 1e-4 * scores.Squares());
    }

    [Fact]
    public void Value_output_is_exact_at_full_rank_and_optimal_below_with_the_mean_in_the_bias()
    {
        using var scope = NewDisposeScope();
        Tensor a = Numbers.Correlated(1, 400, 6) + 2, w = Numbers.Normal(9, 6, 10);
        Tensor covariance = a.Centred().Gram() / 400, mean = a.mean([0L]);
        ValueOutputFactors full = WhitenedSvd.ValueOutput(covariance, mean, w, 6);
        Numbers.Near(w, full.Value.mm(full.Output), 1e-9);
        Numbers.Near(zeros(10), full.BiasDelta, 1e-9);

        ValueOutputFactors three = WhitenedSvd.ValueOutput(covariance, mean, w, 3);
        Numbers.Near(full.Value.narrow(1, 0, 3), three.Value, 0);
        Numbers.Near(full.Output.narrow(0, 0, 3), three.Output, 0);
        Tensor error = a.mm(w) - a.mm(three.Value).mm(three.Output) - three.BiasDelta;
        Numbers.Near(zeros(10), error.mean([0L]), 1e-9);
        double measured = error.Squares() / 400;
        Assert.Equal(three.Errors[3], measured, measured * 1e-3);
        for (int seed = 20; seed < 30; seed++)
        {
            Tensor other = (a.mm(w) - a.mm(three.Value + 0.01 * Numbers.Normal(seed, 6, 3)).mm(three.Output + 0.01 * Numbers.Normal(seed + 50, 3, 10))).Centred();
            Assert.True(measured <= other.Squares() / 400);
        }
    }

    [Fact]
    public void Signs_do_not_depend_on_the_decomposition()
    {
        using var scope = NewDisposeScope();
        (Tensor q, Tensor k) = (Numbers.Correlated(1, 200, 8), Numbers.Correlated(3, 200, 8).Centred());
        Tensor root = Square.Roots(q.Gram() / 200, WhitenedSvd.DefaultRidge, "q").Root;
        // G^½·A = U·S^½: its largest entry in each column is positive.
        Tensor columns = root.mm(Factors(q, k, 8).Query);
        Assert.True((columns.gather(0, columns.abs().argmax(0, true)) > 0).all().item<bool>());
    }

    [Fact]
    public void Heads_without_any_variance_and_wrong_ranks_are_handled()
    {
        using var scope = NewDisposeScope();
        Tensor zero = zeros(4, 4, dtype: float64);
        Assert.False(WhitenedSvd.QueryKey(zero, zero, 2).Query.isnan().any().item<bool>());
        Assert.False(WhitenedSvd.ValueOutput(zero, zeros(4, float64), ones(4, 3, dtype: float64), 2).Value.isnan().any().item<bool>());
        Assert.Throws<ArgumentOutOfRangeException>(() => WhitenedSvd.QueryKey(zero, zero, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => WhitenedSvd.QueryKey(zero, zero, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WhitenedSvd.ValueOutput(zero, zeros(4, float64), ones(4, 3, dtype: float64), 4));
    }

    private static QueryKeyFactors Factors(Tensor q, Tensor k, int rank) =>
        WhitenedSvd.QueryKey(q.Gram() / q.shape[0], k.Gram() / k.shape[0], rank);
}
