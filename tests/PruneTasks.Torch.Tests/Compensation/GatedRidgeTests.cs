using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

public sealed class GatedRidgeTests
{
    private const double Rows = 1e9; // So many independent rows need no ridge.

    [Fact]
    public void Kept_rows_are_the_best_ones_around_gated_inputs()
    {
        using var scope = NewDisposeScope();
        (Tensor x, Tensor y, Tensor old) = Data();
        int[] kept = [0, 2, 4, 5], gated = [3, 1];
        using GatedFit fit = Fit(x, y, old, kept, gated, 0.5);
        Tensor gate = x.Columns(gated).mean([0L], true) + (x.Columns(gated).Centred() * 0.5);
        Tensor rest = y - gate.mm(old.Rows(gated));
        using LinearFit expected = RidgeRefit.Solve(
            x.Columns(kept).Centred().Gram(), x.Columns(kept).Centred().t().mm(rest.Centred()), old.Rows(kept), x.Columns(kept).mean([0L]), rest.mean([0L]), 0);
        Numbers.Near(expected.Weight, fit.Weight.Rows(kept), 1e-5);
        Numbers.Near(old.Rows(gated) * 0.5, fit.Weight.Rows(gated), 0);
        // As the file has it: the gate's mean is in the bias.
        Numbers.Near(x.Columns(kept).mm(expected.Weight) + expected.Bias + gate.mm(old.Rows(gated)), x.mm(fit.Weight) + fit.Bias, 1e-5);
    }

    [Fact]
    public void Regret_is_what_a_fit_with_that_input_free_would_gain()
    {
        using var scope = NewDisposeScope();
        (Tensor x, Tensor y, Tensor old) = Data();
        int[] kept = [0, 2, 4, 5], gated = [3, 1];
        using GatedFit fit = Fit(x, y, old, kept, gated, 0.5);
        double without = (y - x.mm(fit.Weight) - fit.Bias).Squares();
        for (int i = 0; i < gated.Length; i++)
        {
            int[] free = [.. kept.Append(gated[i]).Order()], other = [gated[1 - i]];
            Tensor design = x.Columns(free).Centred(), rest = (y - (x.Columns(other).Centred() * 0.5).mm(old.Rows(other))).Centred();
            Tensor best = linalg.lstsq(design, rest).Solution;
            Assert.Equal(without - (rest - design.mm(best)).Squares(), fit.Regrets[i], 1e-4 * without);
            Assert.True(fit.Regrets[i] > 0);
        }
    }

    [Fact]
    public void An_open_gate_on_a_perfect_map_is_regretted_by_nobody()
    {
        using var scope = NewDisposeScope();
        (Tensor x, _, Tensor old) = Data();
        using GatedFit fit = Fit(x, x.mm(old) + 1, old, [0, 1, 2, 3], [4, 5], 1);
        Numbers.Near(old, fit.Weight, 1e-6);
        Assert.All(fit.Regrets, regret => Assert.InRange(regret, 0, 1e-8));
    }

    private static (Tensor X, Tensor Y, Tensor Old) Data()
    {
        Tensor x = Numbers.Correlated(1, 80, 6) + 3, old = Numbers.Normal(3, 6, 4);
        return (x, x.mm(old + (0.1 * Numbers.Normal(4, 6, 4))) + Numbers.Normal(5, 80, 4) + 2, old);
    }

    private static GatedFit Fit(Tensor x, Tensor y, Tensor old, int[] kept, int[] gated, double gate) => GatedRidge.Solve(
        x.Centred().Gram(), x.Centred().t().mm(y.Centred()), old, x.mean([0L]), y.mean([0L]), kept, gated, gate, Rows);
}
