using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

public sealed class ObsEliminationTests
{
    [Theory]
    [InlineData(1, 12, 3)]
    [InlineData(2, 12, 30)]
    [InlineData(3, 150, 5)]
    public void Each_step_removes_the_unit_whose_loss_least_squares_repairs_best(int seed, int units, int outputs)
    {
        using var scope = NewDisposeScope();
        Tensor x = Numbers.Correlated(seed, units * 4, units), w = Numbers.Normal(seed + 9, units, outputs);
        ObsRanking ranking = ObsElimination.Rank(x.Gram(), w, limit: 10);
        List<int> kept = [.. Enumerable.Range(0, units)];
        for (int step = 0; step < 10; step++)
        {
            // Brute force: refit without each candidate in turn.
            double[] errors = [.. kept.Select(j => Refitted(x, w, [.. kept.Where(k => k != j)]))];
            if (units < 100) Assert.Equal(kept[Array.IndexOf(errors, errors.Min())], ranking.Order[step]);
            kept.Remove(ranking.Order[step]);
            double exact = Refitted(x, w, kept);
            // The floor of the ridge counts as a small extra cost.
            Assert.Equal(exact, ranking.Errors[step + 1], exact * 1e-3);
            Assert.Equal(errors.Min(), exact, exact * 1e-5);
        }
    }

    [Fact]
    public void Blocks_of_delayed_updates_give_the_same_as_one_update_at_a_time()
    {
        using var scope = NewDisposeScope();
        const int Units = 200;
        Tensor x = Numbers.Normal(5, 600, Units) * tensor(Enumerable.Range(1, Units).Select(i => 1 + i % 7 * 0.3).ToArray());
        Tensor h = x.Gram(), w = Numbers.Normal(6, Units, 20);
        ObsRanking ranking = ObsElimination.Rank(h, w);
        Tensor inverse = linalg.inv(h), rows = w.clone();
        List<int> left = [.. Enumerable.Range(0, Units)];
        double total = 0;
        for (int step = 0; step < Units; step++)
        {
            double[] cost = (rows.square().sum(1) / inverse.diagonal()).data<double>().ToArray();
            int j = left.MinBy(i => cost[i]);
            Assert.Equal(j, ranking.Order[step]);
            total += cost[j];
            Assert.Equal(total, ranking.Errors[step + 1], total * 1e-6);
            Tensor column = inverse.select(1, j).clone();
            double variance = column[j].item<double>();
            rows = rows - column.outer(rows.select(0, j)) / variance;
            inverse = inverse - column.outer(column) / variance;
            left.Remove(j);
        }
    }

    [Fact]
    public void Independent_units_go_by_variance_times_weight()
    {
        using var scope = NewDisposeScope();
        double[] variance = [4, 1, 9, 2], weight = [1, 3, 0.5, 1];
        ObsRanking ranking = ObsElimination.Rank(diag(tensor(variance)), tensor(weight).reshape(4, 1));
        Assert.Equal([3, 2, 0, 1], ranking.Order);
        double[] expected = [0, 2, 4.25, 8.25, 17.25];
        for (int i = 0; i < 5; i++) Assert.Equal(expected[i], ranking.Errors[i], 1e-6);
    }

    [Fact]
    public void Dead_units_go_first_and_cost_nothing_and_so_does_one_of_two_equal_units()
    {
        using var scope = NewDisposeScope();
        Tensor x = Numbers.Normal(1, 50, 6);
        x.select(1, 4).zero_();
        x.select(1, 1).zero_();
        x.select(1, 5).copy_(x.select(1, 2));
        ObsRanking ranking = ObsElimination.Rank(x.Gram(), ones(6, 2, dtype: float64));
        Assert.Equal([1, 4, 2], ranking.Order.Take(3));
        Assert.Equal(0, ranking.Errors[2]);
        Assert.True(ranking.Errors[3] < 1e-5 * ranking.Errors[6]);
    }

    [Fact]
    public void Ties_go_by_index_and_all_dead_is_no_error()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Enumerable.Range(0, 70), ObsElimination.Rank(eye(70, dtype: float64), ones(70, 1, dtype: float64)).Order);
        ObsRanking dead = ObsElimination.Rank(zeros(3, 3, dtype: float64), ones(3, 1, dtype: float64));
        Assert.Equal([0, 1, 2], dead.Order);
        Assert.Equal([0.0, 0, 0, 0], dead.Errors);
    }

    [Fact]
    public void Indefinite_matrix_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<UnfitDataException>(() => ObsElimination.Rank(tensor(new double[,] { { 1, 3 }, { 3, 1 } }), ones(2, 1, dtype: float64)));
    }

    private static double Refitted(Tensor x, Tensor w, IReadOnlyList<int> kept)
    {
        using var scope = NewDisposeScope();
        Tensor y = x.mm(w);
        if (kept.Count == 0) return y.Squares();
        Tensor xs = x.Columns(kept);
        return (y - xs.mm(linalg.solve(xs.Gram(), xs.t().mm(y)))).Squares();
    }
}
