using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>Factors of a low-rank attention product; columns are ordered, so that the first r of them serve rank r. The caller disposes them.</summary>
/// <param name="Query">A [d, r]: W_Q′ = W_Q·A, b_Q′ = b_Q·A.</param>
/// <param name="Key">B [d, r]: W_K′ = W_K·B, b_K′ = b_K·B.</param>
/// <param name="Errors">[d + 1]: expected squared error of the scores at each rank (before the ridge's share); 0 at d.</param>
public sealed record QueryKeyFactors(Tensor Query, Tensor Key, double[] Errors) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
    }
}

/// <summary>Factors of a low-rank value-output product. The caller disposes them.</summary>
/// <param name="Value">F [d, r]: W_V′ = W_V·F, b_V′ = b_V·F; the first r columns serve rank r.</param>
/// <param name="Output">W_O′ [r, out]; the first r rows serve rank r.</param>
/// <param name="BiasDelta">To add to b_O for exactly this rank [out].</param>
/// <param name="Errors">[min(d, out) + 1]: expected squared error of the head's output at each rank.</param>
public sealed record ValueOutputFactors(Tensor Value, Tensor Output, Tensor BiasDelta, double[] Errors) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        Output.Dispose();
        BiasDelta.Dispose();
    }
}

/// <summary>Best low-rank replacements for the two bilinear maps of an attention head, under the statistics of the data.</summary>
public static class WhitenedSvd
{
    /// <summary>Ridge relative to the mean variance that keeps the whitening invertible.</summary>
    public const double DefaultRidge = 1e-6;

    /// <summary>Rank-r bilinear form q·A·Bᵀ·kᵀ closest to q·kᵀ: min ‖G_Q^½ (I − ABᵀ) Σ_K^½‖_F over all A, B.</summary>
    /// <remarks>With USVᵀ = svd(G_Q^½ Σ_K^½): A = G_Q^−½ U_r S_r^½, B = Σ_K^−½ V_r S_r^½ (Eckart and Young 1936). Signs: the largest entry of each column of U is positive.</remarks>
    /// <param name="querySecondMoment">G_Q = E[qᵀq] [d, d], not centred.</param>
    /// <param name="keyCovariance">Σ_K = Cov(k) [d, d]; centred, because softmax ignores what all keys of a query share.</param>
    /// <param name="rank">1 … d.</param>
    /// <param name="ridge">Relative to the mean diagonal of each matrix.</param>
    public static QueryKeyFactors QueryKey(Tensor querySecondMoment, Tensor keyCovariance, int rank, double ridge = DefaultRidge)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        long d = Square.Size(querySecondMoment, nameof(querySecondMoment));
        if (Square.Size(keyCovariance, nameof(keyCovariance)) != d) throw new ArgumentException("sizes of queries and keys differ", nameof(keyCovariance));
        RequireRank(rank, d);
        (Tensor rootQ, Tensor inverseQ) = Square.Roots(querySecondMoment, ridge, nameof(querySecondMoment));
        (Tensor rootK, Tensor inverseK) = Square.Roots(keyCovariance, ridge, nameof(keyCovariance));
        (Tensor u, Tensor s, Tensor vt) = SignedSvd(rootQ.mm(rootK));
        // All columns first, then the leading ones: ranks are nested to the last bit.
        Tensor half = s.sqrt();
        Tensor a = (inverseQ.mm(u) * half).narrow(1, 0, rank).contiguous();
        Tensor b = (inverseK.mm(vt.t()) * half).narrow(1, 0, rank).contiguous();
        return new(a.MoveToOuterDisposeScope(), b.MoveToOuterDisposeScope(), Tails(s));
    }

    /// <summary>Rank-r replacement of a head's value and output maps: min E‖a·W_O − (a·F·W_O′ + const)‖² for the head's mixed values a = P·V.</summary>
    /// <remarks>R = Cov(a)^½, USVᵀ = svd(R·W_O): F = R⁻¹U_r, W_O′ = S_rV_rᵀ, Δb = ā(W_O − F·W_O′). Exact in b_V because attention rows sum to 1.</remarks>
    /// <param name="covariance">Cov(a) [d, d].</param>
    /// <param name="mean">ā [d].</param>
    /// <param name="output">Rows of W_O of this head [d, out].</param>
    /// <param name="rank">1 … min(d, out).</param>
    /// <param name="ridge">Relative to the mean diagonal of <paramref name="covariance"/>.</param>
    public static ValueOutputFactors ValueOutput(Tensor covariance, Tensor mean, Tensor output, int rank, double ridge = DefaultRidge)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        long d = Square.Size(covariance, nameof(covariance));
        Tensor w = output.to(float64);
        if (w.dim() != 2 || w.shape[0] != d) throw new ArgumentException($"[{string.Join(", ", w.shape)}] given, [{d}, out] expected", nameof(output));
        RequireRank(rank, Math.Min(d, w.shape[1]));
        (Tensor root, Tensor inverse) = Square.Roots(covariance, ridge, nameof(covariance));
        (Tensor u, Tensor s, Tensor vt) = SignedSvd(root.mm(w));
        Tensor value = inverse.mm(u).narrow(1, 0, rank).contiguous();
        Tensor reduced = s.narrow(0, 0, rank).unsqueeze(1) * vt.narrow(0, 0, rank);
        Tensor delta = mean.to(float64).unsqueeze(0).mm(w - value.mm(reduced)).squeeze(0);
        return new(value.MoveToOuterDisposeScope(), reduced.MoveToOuterDisposeScope(), delta.MoveToOuterDisposeScope(), Tails(s));
    }

    internal static (Tensor U, Tensor S, Tensor Vt) SignedSvd(Tensor matrix)
    {
        (Tensor u, Tensor s, Tensor vt) = linalg.svd(matrix, fullMatrices: false);
        Tensor largest = u.gather(0, u.abs().argmax(0, true));
        Tensor sign = where(largest < 0, tensor(-1.0), tensor(1.0));
        return (u * sign, s, vt * sign.t());
    }

    // Squared singular values left out at each rank, summed from the small end.
    private static double[] Tails(Tensor s)
    {
        double[] values = s.data<double>().ToArray();
        var tails = new double[values.Length + 1];
        for (int r = values.Length - 1; r >= 0; r--) tails[r] = tails[r + 1] + values[r] * values[r];
        return tails;
    }

    internal static void RequireRank(int rank, long most)
    {
        if (rank < 1 || rank > most) throw new ArgumentOutOfRangeException(nameof(rank), rank, $"1 … {most} expected");
    }
}
