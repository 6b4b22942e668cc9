using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Compensation;

public sealed class RidgeRefitTests
{
    [Fact]
    public void Gradient_of_the_stated_objective_is_zero_at_the_solution()
    {
        using var scope = NewDisposeScope();
        Tensor x = Numbers.Correlated(1, 40, 6) + 2, y = Numbers.Normal(5, 40, 3) - 1, old = Numbers.Normal(6, 6, 3);
        LinearFit fit = Fit(x, y, old, 0.7);
        Tensor w = fit.Weight.detach().requires_grad_(true), b = fit.Bias.detach().requires_grad_(true);
        ((y - x.mm(w) - b).square().sum() + 0.7 * (w - old).square().sum()).backward();
        Numbers.Near(zeros(6, 3), w.grad!, 1e-8);
        Numbers.Near(zeros(3), b.grad!, 1e-8);
    }

    [Fact]
    public void Without_data_the_old_weights_stay_and_with_a_huge_ridge_only_the_mean_is_folded()
    {
        using var scope = NewDisposeScope();
        Tensor old = Numbers.Normal(1, 4, 2), y = Numbers.Normal(2, 10, 2), x = Numbers.Normal(3, 10, 4);
        LinearFit none = RidgeRefit.Solve(zeros(4, 4, dtype: float64), zeros(4, 2, dtype: float64), old, zeros(4, float64), zeros(2, float64), 1);
        Numbers.Near(old, none.Weight, 0);
        LinearFit stiff = Fit(x, y, old, 1e12);
        Numbers.Near(old, stiff.Weight, 1e-9);
        Numbers.Near(y.mean([0L]) - x.mean([0L]).unsqueeze(0).mm(old).squeeze(0), stiff.Bias, 1e-9);
    }

    [Fact]
    public void Without_a_ridge_a_linear_teacher_is_found_again()
    {
        using var scope = NewDisposeScope();
        Tensor x = Numbers.Correlated(1, 60, 5) + 1, teacher = Numbers.Normal(7, 5, 4), bias = Numbers.Normal(8, 4);
        LinearFit fit = Fit(x, x.mm(teacher) + bias, zeros(5, 4, dtype: float64), 0);
        Numbers.Near(teacher, fit.Weight, 1e-9);
        Numbers.Near(bias, fit.Bias, 1e-9);
    }

    [Fact]
    public void Refit_lowers_the_error_and_the_residual_formula_agrees_with_the_rows()
    {
        using var scope = NewDisposeScope();
        Tensor x = Numbers.Correlated(1, 60, 5) + 1, y = Numbers.Normal(2, 60, 3), old = Numbers.Normal(3, 5, 3);
        using CrossMomentAccumulator moments = new(5, 3);
        moments.Add(x, y);
        LinearFit fit = Fit(x, y, old, 0.1);
        double direct = (y - x.mm(fit.Weight) - fit.Bias).Squares();
        double formula = RidgeRefit.ResidualSquares(moments.Gram(), moments.Cross(), moments.TargetSquares(), fit.Weight);
        Assert.Equal(direct, formula, 1e-9);
        Assert.True(formula < RidgeRefit.ResidualSquares(moments.Gram(), moments.Cross(), moments.TargetSquares(), old));
    }

    [Fact]
    public void Singular_gram_without_ridge_still_gives_a_solution()
    {
        using var scope = NewDisposeScope();
        Tensor one = Numbers.Normal(1, 30, 1), x = cat([one, one, zeros(30, 1, dtype: float64)], 1), y = 2 * one;
        LinearFit fit = Fit(x, y, zeros(3, 1, dtype: float64), 0);
        Assert.True((y - x.mm(fit.Weight) - fit.Bias).Squares() < 1e-8);
    }

    [Fact]
    public void Oas_matches_the_published_formula_and_is_one_for_a_sphere()
    {
        using var scope = NewDisposeScope();
        // p = 2, tr = 4, tr(S²) = 10, n = 6: ((1 − 1)·10 + 16) / ((6 + 1 − 1)·(10 − 8)) = 16/12, clipped; n = 20: 16/40.
        Tensor s = diag(tensor(new double[] { 3, 1 }));
        Assert.Equal(1, OasShrinkage.Intensity(s, 6));
        Assert.Equal(0.4, OasShrinkage.Intensity(s, 20), 1e-12);
        Assert.Equal(0.4, OasShrinkage.Intensity(s * 123, 20), 1e-12);
        Assert.Equal(0.4 * 2 * 123, OasShrinkage.Lambda(s * 123, 20), 1e-9);
        Assert.Equal(1, OasShrinkage.Intensity(eye(5, dtype: float64), 1000));
        Assert.Equal(0, OasShrinkage.Lambda(zeros(5, 5, dtype: float64), 10));
    }

    private static LinearFit Fit(Tensor x, Tensor y, Tensor old, double lambda) =>
        RidgeRefit.Solve(x.Centred().Gram(), x.Centred().t().mm(y.Centred()), old, x.mean([0L]), y.mean([0L]), lambda);
}
