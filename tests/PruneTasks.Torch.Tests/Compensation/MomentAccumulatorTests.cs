using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

public sealed class MomentAccumulatorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public void Batches_give_the_moments_of_all_rows(int batch)
    {
        using var scope = NewDisposeScope();
        Tensor x = Numbers.Correlated(1, 100, 5) + 3, y = Numbers.Normal(3, 100, 2) - 8;
        using MomentAccumulator one = new(5);
        using CrossMomentAccumulator two = new(5, 2);
        for (int at = 0; at < 100; at += batch)
        {
            int n = Math.Min(batch, 100 - at);
            one.Add(x.narrow(0, at, n));
            two.Add(x.narrow(0, at, n), y.narrow(0, at, n));
        }
        Assert.Equal(100, one.Weight);
        Numbers.Near(x.mean([0L]), one.Mean(), 1e-12);
        Numbers.Near(x.Centred().Gram(), one.Gram(), 1e-9);
        Numbers.Near(x.Centred().Gram() / 100, one.Covariance(), 1e-11);
        Numbers.Near(x.Gram() / 100, one.SecondMoment(), 1e-11);
        Numbers.Near(x.Centred().Gram(), two.Gram(), 1e-9);
        Numbers.Near(x.Centred().t().mm(y.Centred()), two.Cross(), 1e-9);
        Numbers.Near(y.mean([0L]), two.MeanY(), 1e-12);
        Numbers.Near(x.mean([0L]), two.MeanX(), 1e-12);
        Numbers.Near(y.Centred().square().sum([0L]), two.TargetSquares(), 1e-9);
    }

    [Fact]
    public void Row_weights_count_as_repeated_rows_and_weight_zero_as_none()
    {
        using var scope = NewDisposeScope();
        Tensor x = Numbers.Normal(1, 4, 3), y = Numbers.Normal(2, 4, 2), weights = tensor(new double[] { 2, 0, 1, 3 });
        Tensor repeated = x.Rows([0, 0, 2, 3, 3, 3]), targets = y.Rows([0, 0, 2, 3, 3, 3]);
        using CrossMomentAccumulator weighted = new(3, 2), plain = new(3, 2);
        weighted.Add(x.narrow(0, 0, 2), y.narrow(0, 0, 2), weights.narrow(0, 0, 2));
        weighted.Add(x.narrow(0, 2, 2), y.narrow(0, 2, 2), weights.narrow(0, 2, 2));
        weighted.Add(x, y, zeros(4));
        plain.Add(repeated, targets);
        Assert.Equal(6, weighted.Weight);
        Numbers.Near(plain.Gram(), weighted.Gram(), 1e-12);
        Numbers.Near(plain.Cross(), weighted.Cross(), 1e-12);
        Numbers.Near(plain.TargetSquares(), weighted.TargetSquares(), 1e-12);
        Numbers.Near(plain.MeanX(), weighted.MeanX(), 1e-12);
    }

    [Fact]
    public void Mean_far_from_zero_costs_no_digits()
    {
        using var scope = NewDisposeScope();
        using MomentAccumulator moments = new(1);
        // Variance 2/3 on top of 1e8: E[x²] − E[x]² would lose it in float64.
        for (int i = 0; i < 300; i++) moments.Add(tensor(new[] { 1e8 + i % 3 }).reshape(1, 1));
        Assert.Equal(2.0 / 3, moments.Covariance().item<double>(), 1e-6);
    }

    [Fact]
    public void Wrong_number_of_features_is_refused()
    {
        using var scope = NewDisposeScope();
        using MomentAccumulator moments = new(3);
        Assert.Throws<ArgumentException>(() => moments.Add(zeros(4, 2)));
        Assert.Throws<ArgumentException>(() => moments.Add(zeros(3)));
        Assert.Throws<ArgumentException>(() => moments.Add(zeros(4, 3), zeros(3)));
    }
}
