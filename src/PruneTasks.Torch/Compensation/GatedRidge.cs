using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>Weights for kept and for half-gated inputs; the caller disposes them.</summary>
/// <param name="Weight">[features, targets]: fitted rows of the kept inputs, γ times the old rows of the gated ones, zero for all others.</param>
/// <param name="Bias">[targets].</param>
/// <param name="Regrets">For each gated input the drop of Σ‖y − ŷ‖² if it came back with a row of its own.</param>
public sealed record GatedFit(Tensor Weight, Tensor Bias, double[] Regrets) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}

/// <summary>Ridge refit of a linear map while some of its inputs are on their way out.</summary>
/// <remarks>
/// A gated input j acts as x̃_j = μ_j + γ(x_j − μ_j) with its old row (own definition). Only the kept rows are refitted: a refit of the gated ones too would scale
/// them up by 1/γ and undo the gate. Regret is the gain of re-entry into the regression, by the Schur complement of the kept inputs:
/// ‖c_j − G_jK A c_K‖² / (G_jj + λ − G_jK A G_Kj) with A = (G_KK + λI)⁻¹ and c the cross moments with what is left of y.
/// </remarks>
public static class GatedRidge
{
    /// <summary>Fits.</summary>
    /// <param name="gram">Centred XᵀX of all inputs [features, features].</param>
    /// <param name="cross">Centred XᵀY [features, targets].</param>
    /// <param name="oldWeight">[features, targets].</param>
    /// <param name="meanX">x̄ [features].</param>
    /// <param name="meanY">ȳ [targets].</param>
    /// <param name="kept">Inputs that are refitted.</param>
    /// <param name="gated">Inputs that are gated, in any order.</param>
    /// <param name="gate">γ, 0 to 1.</param>
    /// <param name="effectiveRows">See <see cref="OasShrinkage"/>.</param>
    public static GatedFit Solve(
        Tensor gram, Tensor cross, Tensor oldWeight, Tensor meanX, Tensor meanY, IReadOnlyList<int> kept, IReadOnlyList<int> gated, double gate, double effectiveRows)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        Tensor k = Index(kept), b = Index(gated), old = oldWeight.to(float64);
        Tensor kk = gram.index_select(0, k).index_select(1, k), kb = gram.index_select(0, k).index_select(1, b), bb = gram.index_select(0, b).index_select(1, b);
        Tensor half = old.index_select(0, b) * gate, meanK = meanX.index_select(0, k), meanB = meanX.index_select(0, b);
        double lambda = OasShrinkage.Lambda(kk, effectiveRows);
        Tensor left = cross.index_select(0, k) - kb.mm(half);
        using LinearFit fit = RidgeRefit.Solve(kk, left, old.index_select(0, k), meanK, meanY, lambda);
        // ŷ = x_K W_K + μ_B W_B + γ(x_B − μ_B) W_B + b; as the file has it, x_K W_K + x_B (γW_B) + b′, both with mean ȳ.
        Tensor bias = fit.Bias - meanB.unsqueeze(0).mm(half).squeeze(0);

        Tensor factor = Square.Cholesky(kk, lambda, nameof(gram));
        Tensor halfway = linalg.solve_triangular(factor, cat([kb, left - kk.mm(fit.Weight)], 1), upper: false);
        Tensor throughB = halfway.narrow(1, 0, gated.Count), throughRest = halfway.narrow(1, gated.Count, cross.shape[1]);
        Tensor rest = cross.index_select(0, b) - kb.t().mm(fit.Weight) - bb.mm(half) - throughB.t().mm(throughRest);
        Tensor schur = (bb.diagonal() + lambda - throughB.square().sum([0L])).clamp_min(1e-30);
        double[] regrets = (rest.square().sum([1L]) / schur).data<double>().ToArray();

        Tensor weight = zeros_like(old).index_copy(0, k, fit.Weight);
        weight = weight.index_copy(0, b, half);
        return new GatedFit(weight.MoveToOuterDisposeScope(), bias.MoveToOuterDisposeScope(), regrets);
    }

    private static Tensor Index(IReadOnlyList<int> units) => tensor(units.Select(i => (long)i).ToArray(), [units.Count], dtype: int64);
}
