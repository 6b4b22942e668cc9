using PruneTasks.Torch.Compensation;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>What a linear layer y = xW + b becomes when only some of its inputs stay.</summary>
/// <param name="Weight">Rows of the inputs that stay, in their order [kept, out].</param>
/// <param name="Shift">To add to b [out].</param>
/// <param name="Error">Share of the variance of xW that is lost.</param>
internal sealed record LinearRepair(Tensor Weight, Tensor Shift, double Error)
{
    /// <summary>Repairs the layer; tensors belong to the current dispose scope.</summary>
    /// <remarks>
    /// Regression: x_P ≈ x_S·B + c with B = (Σ_SS + λI)⁻¹Σ_SP, c = μ_P − μ_S·B (CORP, arXiv 2602.05243), λ by oracle-approximating shrinkage with every
    /// row counted as a sample of its own, as that method does; W′ = W_S + B·W_P, Δb = c·W_P.
    /// </remarks>
    /// <param name="repair">How.</param>
    /// <param name="weight">W [in, out], float64.</param>
    /// <param name="inputs">Moments of x.</param>
    /// <param name="kept">Inputs that stay; none is allowed.</param>
    public static LinearRepair Of(UnitRepair repair, Tensor weight, MomentAccumulator inputs, IReadOnlyList<int> kept)
    {
        Tensor s = Index(kept), p = Index([.. Enumerable.Range(0, (int)weight.shape[0]).Except(kept)]);
        Tensor stays = weight.index_select(0, s), goes = weight.index_select(0, p);
        Tensor covariance = inputs.Covariance(), mean = inputs.Mean();
        Tensor shift = repair == UnitRepair.None ? zeros(weight.shape[1], float64) : mean.index_select(0, p).unsqueeze(0).mm(goes).squeeze(0);
        if (repair == UnitRepair.Regression && kept.Count > 0)
        {
            Tensor own = covariance.index_select(0, s).index_select(1, s);
            Tensor factor = Square.Cholesky(own, OasShrinkage.Lambda(own, inputs.Weight), nameof(inputs));
            Tensor half = linalg.solve_triangular(factor, covariance.index_select(0, s).index_select(1, p), upper: false);
            Tensor moved = linalg.solve_triangular(factor.t(), half, upper: true).mm(goes);
            stays = stays + moved;
            shift = shift - mean.index_select(0, s).unsqueeze(0).mm(moved).squeeze(0);
        }
        Tensor lost = weight - zeros_like(weight).index_copy(0, s, stays);
        double total = Power(covariance, weight);
        return new LinearRepair(stays, shift, total > 0 ? Power(covariance, lost) / total : 0);
    }

    internal static Tensor Index(IReadOnlyList<int> indices) => tensor(indices.Select(i => (long)i).ToArray(), int64);

    private static double Power(Tensor covariance, Tensor map) => (map * covariance.mm(map)).sum().item<double>();
}
