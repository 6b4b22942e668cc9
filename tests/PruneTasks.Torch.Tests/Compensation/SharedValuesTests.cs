using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

public sealed class SharedValuesTests
{
    private const int Rows = 400, Size = 6, Out = 10;

    [Fact]
    public void One_head_alone_is_treated_as_ever()
    {
        using var scope = NewDisposeScope();
        (Tensor covariance, Tensor mean, Tensor w) = Statistics(Numbers.Correlated(1, Rows, Size) + 2, 9);
        SharedValueFactors shared = SharedValues.Of([covariance], [mean], [w], 3);
        ValueOutputFactors alone = WhitenedSvd.ValueOutput(covariance, mean, w, 3);
        Numbers.Near(alone.Value, shared.Value, 0);
        Numbers.Near(alone.Output, Assert.Single(shared.Outputs), 0);
        Numbers.Near(alone.BiasDelta, shared.BiasDelta, 0);
        Assert.Equal(alone.Errors, shared.Errors);
    }

    [Fact]
    public void Full_rank_is_exact_and_ranks_are_nested()
    {
        using var scope = NewDisposeScope();
        (Tensor[] heads, Tensor[] covariances, Tensor[] means, Tensor[] outputs) = Three();
        SharedValueFactors full = SharedValues.Of(covariances, means, outputs, Size), three = SharedValues.Of(covariances, means, outputs, 3);
        Assert.All(outputs.Zip(full.Outputs), pair => Numbers.Near(pair.First, full.Value.mm(pair.Second), 1e-8));
        Numbers.Near(zeros(Out), full.BiasDelta, 1e-8);
        Numbers.Near(full.Value.narrow(1, 0, 3), three.Value, 0);
        Assert.Equal(full.Errors, three.Errors);
        Assert.Equal(Size + 1, full.Errors.Length);
        Assert.Equal(0, full.Errors[Size]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Error_is_that_of_the_heads_outputs_and_better_than_with_dimensions_or_directions_of_one_head(int rank)
    {
        using var scope = NewDisposeScope();
        (Tensor[] heads, Tensor[] covariances, Tensor[] means, Tensor[] outputs) = Three();
        SharedValueFactors factors = SharedValues.Of(covariances, means, outputs, rank);
        double measured = Error(factors.Value, factors.Outputs);
        Assert.Equal(factors.Errors[rank], measured, measured * 1e-3);
        // No other maps on the side of the output do better.
        for (int seed = 20; seed < 30; seed++)
            Assert.True(measured <= Error(factors.Value, [.. factors.Outputs.Select(o => o + 0.01 * Numbers.Normal(seed, rank, Out))]));
        // Nor do other directions, each with the best maps for them.
        for (int i = 0; i < 3; i++)
        {
            Assert.True(measured < Best(WhitenedSvd.ValueOutput(covariances[i], means[i], outputs[i], rank).Value));
            Assert.True(measured < Best(eye(Size, dtype: float64).Columns(Enumerable.Range(0, Size).Select(j => (j + i) % Size).Take(rank))));
        }
        // The mean is in the bias.
        Tensor left = heads.Select((a, h) => a.mm(outputs[h]) - a.mm(factors.Value).mm(factors.Outputs[h])).Aggregate((a, b) => a + b) - factors.BiasDelta;
        Numbers.Near(zeros(Out), left.mean([0L]), 1e-8);

        double Error(Tensor value, IReadOnlyList<Tensor> maps) => heads.Select((a, h) => (a.mm(outputs[h]) - a.mm(value).mm(maps[h])).Centred().Squares() / Rows).Sum();
        double Best(Tensor value) => Error(value, [.. covariances.Select((c, h) => linalg.solve(value.t().mm(c).mm(value), value.t().mm(c).mm(outputs[h])))]);
    }

    [Fact]
    public void Heads_without_any_variance_and_outputs_narrower_than_heads_are_handled()
    {
        using var scope = NewDisposeScope();
        Tensor zero = zeros(Size, Size, dtype: float64), mean = zeros(Size, float64), w = Numbers.Normal(3, Size, 2);
        SharedValueFactors factors = SharedValues.Of([zero, zero], [mean, mean], [w, w + 1], 4);
        Assert.DoesNotContain(factors.Outputs, o => o.isnan().any().item<bool>());
        Assert.Equal(5, factors.Errors.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => SharedValues.Of([zero, zero], [mean, mean], [w, w], 5));
    }

    private static (Tensor Covariance, Tensor Mean, Tensor Output) Statistics(Tensor rows, int seed) => (rows.Centred().Gram() / Rows, rows.mean([0L]), Numbers.Normal(seed, Size, Out));

    /// <summary>Heads that mix the same values differently: covariances alike, not equal.</summary>
    private static (Tensor[] Heads, Tensor[] Covariances, Tensor[] Means, Tensor[] Outputs) Three()
    {
        Tensor common = Numbers.Correlated(1, Rows, Size);
        Tensor[] heads = [.. Enumerable.Range(0, 3).Select(h => common * (1 + h) + Numbers.Normal(40 + h, Rows, Size) + h)];
        (Tensor Covariance, Tensor Mean, Tensor Output)[] facts = [.. heads.Select((head, h) => Statistics(head, 60 + h))];
        return (heads, [.. facts.Select(f => f.Covariance)], [.. facts.Select(f => f.Mean)], [.. facts.Select(f => f.Output)]);
    }
}
