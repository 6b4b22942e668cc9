using PruneTasks.Torch.Baselines;
using PruneTasks.Torch.Compensation;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Baselines;

/// <summary>The closed forms of the methods to compare with.</summary>
public sealed class RepairTests
{
    [Fact]
    public void Regression_is_exact_where_what_goes_is_an_affine_function_of_what_stays()
    {
        using DisposeScope scope = NewDisposeScope();
        Generator random = new(7);
        // Unequal variances: oracle-approximating shrinkage turns to the identity where all are equal.
        Tensor stays = randn([20_000, 4], float64, generator: random) * tensor(new double[] { 1, 3, 0.5, 6 }), map = randn([4, 3], float64, generator: random), weight = randn([7, 5], float64, generator: random);
        Tensor x = cat([stays, stays.mm(map) + 2.5], dim: 1);
        using MomentAccumulator moments = new(7);
        moments.Add(x);
        LinearRepair repaired = LinearRepair.Of(UnitRepair.Regression, weight, moments, [0, 1, 2, 3]);
        Tensor wanted = x.mm(weight), got = stays.mm(repaired.Weight) + repaired.Shift;
        Assert.InRange((wanted - got).abs().max().item<double>(), 0, 0.02 * wanted.abs().max().item<double>());
        Assert.InRange(repaired.Error, 0, 1e-4);
        Assert.True(LinearRepair.Of(UnitRepair.Mean, weight, moments, [0, 1, 2, 3]).Error > 0.05);
    }

    [Fact]
    public void The_mean_fold_keeps_the_mean_of_the_output()
    {
        using DisposeScope scope = NewDisposeScope();
        Generator random = new(8);
        Tensor x = randn([500, 6], float64, generator: random) + 3, weight = randn([6, 2], float64, generator: random);
        using MomentAccumulator moments = new(6);
        moments.Add(x);
        LinearRepair repaired = LinearRepair.Of(UnitRepair.Mean, weight, moments, [1, 4]);
        Tensor got = x.index_select(1, tensor(new long[] { 1, 4 })).mm(repaired.Weight) + repaired.Shift;
        Assert.InRange((x.mm(weight).mean([0L]) - got.mean([0L])).abs().max().item<double>(), 0, 1e-9);
    }

    [Fact]
    public void Without_a_unit_left_all_that_remains_is_the_mean()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = randn([50, 3], float64, generator: new Generator(9)) + 1, weight = ones([3, 2], float64);
        using MomentAccumulator moments = new(3);
        moments.Add(x);
        LinearRepair repaired = LinearRepair.Of(UnitRepair.Regression, weight, moments, []);
        Assert.Equal(0, repaired.Weight.shape[0]);
        Assert.Equal(x.mm(weight).mean([0L]).data<double>().ToArray(), repaired.Shift.data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(1, repaired.Error, 6);
    }

    [Fact]
    public void Logits_are_exact_where_the_dimensions_that_go_follow_from_those_that_stay()
    {
        using DisposeScope scope = NewDisposeScope();
        Generator random = new(10);
        Tensor q = randn([300, 3], float64, generator: random), k = randn([200, 3], float64, generator: random);
        q = cat([q, q.mm(randn([3, 2], float64, generator: random))], dim: 1);
        k = cat([k, k.mm(randn([3, 2], float64, generator: random))], dim: 1);
        Tensor mix = LogitRepair.Mix(q.t().mm(q) / 300, k.t().mm(k) / 200, [0, 1, 2]);
        Tensor wanted = q.mm(k.t()), got = q.narrow(1, 0, 3).mm(mix).mm(k.narrow(1, 0, 3).t());
        Assert.InRange((wanted - got).abs().max().item<double>(), 0, 1e-5 * wanted.abs().max().item<double>());
    }
}
