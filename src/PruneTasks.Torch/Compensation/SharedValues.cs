using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>Factors of a low-rank value-output product whose values several heads share. The caller disposes them.</summary>
/// <param name="Value">F [d, r]: W_V′ = W_V·F, b_V′ = b_V·F.</param>
/// <param name="Outputs">[head] → W_O′ [r, out].</param>
/// <param name="BiasDelta">To add to b_O [out].</param>
/// <param name="Errors">[min(d, heads · out) + 1]: expected squared error of the heads' outputs at each rank.</param>
public sealed record SharedValueFactors(Tensor Value, IReadOnlyList<Tensor> Outputs, Tensor BiasDelta, double[] Errors) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        foreach (Tensor output in Outputs) output.Dispose();
        BiasDelta.Dispose();
    }
}

/// <summary>Low-rank values for grouped-query attention: one factor on the side of the values, one per head on that of the output.</summary>
public static class SharedValues
{
    /// <summary>Small E Σ_h ‖a_h·W_h − (a_h·F·G_h + const)‖² for the mixed values a_h of the heads that share one value head.</summary>
    /// <remarks>
    /// With R = (mean of Cov(a_h))^½ and USVᵀ = svd(R·[W_1 … W_g]): F = R⁻¹U_r, the best one if the heads' covariances were equal; then, for this F, each
    /// G_h = (FᵀΣ_hF)⁻¹FᵀΣ_hW_h is the best one under the head's own Σ_h. Ranks are nested; at r = d nothing is lost. One head: <see cref="WhitenedSvd.ValueOutput"/>.
    /// </remarks>
    /// <param name="covariances">[head] → Cov(a_h) [d, d].</param>
    /// <param name="means">[head] → mean of a_h [d].</param>
    /// <param name="outputs">[head] → rows of W_O [d, out].</param>
    /// <param name="rank">1 … min(d, heads · out).</param>
    /// <param name="ridge">Relative to the mean diagonal of the mean covariance.</param>
    public static SharedValueFactors Of(IReadOnlyList<Tensor> covariances, IReadOnlyList<Tensor> means, IReadOnlyList<Tensor> outputs, int rank, double ridge = WhitenedSvd.DefaultRidge)
    {
        if (outputs.Count == 1)
        {
            ValueOutputFactors single = WhitenedSvd.ValueOutput(covariances[0], means[0], outputs[0], rank, ridge);
            return new(single.Value, [single.Output], single.BiasDelta, single.Errors);
        }
        using var scope = NewDisposeScope();
        using var off = no_grad();
        Tensor mean = covariances.Aggregate((a, b) => a + b) / covariances.Count, weights = cat([.. outputs], dim: 1).to(float64);
        long d = Square.Size(mean, nameof(covariances));
        if (weights.shape[0] != d) throw new ArgumentException($"[{string.Join(", ", weights.shape)}] given, [{d}, …] expected", nameof(outputs));
        WhitenedSvd.RequireRank(rank, Math.Min(d, weights.shape[1]));
        double scale = mean.trace().item<double>() / d;
        Tensor regular = eye(d, dtype: float64) * (scale > 0 ? ridge * scale : 1);
        (Tensor root, Tensor inverse) = Square.Roots(mean, ridge, nameof(covariances));
        (Tensor u, _, _) = WhitenedSvd.SignedSvd(root.mm(weights));
        Tensor all = inverse.mm(u), value = all.narrow(1, 0, rank).contiguous();
        var left = new double[all.shape[1] + 1];
        List<Tensor> narrow = [];
        Tensor delta = zeros(outputs[0].shape[1], float64);
        for (int head = 0; head < outputs.Count; head++)
        {
            Tensor own = covariances[head] + regular, w = outputs[head].to(float64), seen = all.t().mm(own);
            // The leading block of a Cholesky factor is that of the leading block: one factor serves all ranks.
            Tensor factor = Square.Cholesky(seen.mm(all), 0, nameof(covariances));
            Tensor reached = linalg.solve_triangular(factor, seen.mm(w), upper: false);
            double[] carried = reached.square().sum([1L]).data<double>().ToArray();
            double behind = 0;
            for (int r = carried.Length - 1; r >= 0; r--) left[r] += behind += carried[r];
            Tensor output = linalg.solve_triangular(factor.narrow(0, 0, rank).narrow(1, 0, rank).t(), reached.narrow(0, 0, rank), upper: true).contiguous();
            narrow.Add(output.MoveToOuterDisposeScope());
            delta = delta + means[head].to(float64).unsqueeze(0).mm(w - value.mm(output)).squeeze(0);
        }
        return new(value.MoveToOuterDisposeScope(), narrow, delta.MoveToOuterDisposeScope(), left);
    }
}
