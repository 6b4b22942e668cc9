using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>Makes the query-key dimensions of a head that stay stand in for those that go.</summary>
internal static class LogitRepair
{
    // Of the product of the mean diagonals: only keeps the division finite.
    private const double Ridge = 1e-9;

    /// <summary>
    /// I + M with M = argmin E[(q_P·k_Pᵀ − q_S·M·k_Sᵀ)²], queries and keys taken as independent: E[q_Sᵀq_S]·M·E[k_Sᵀk_S] + λM = E[q_Sᵀq_P]·E[k_Pᵀk_S].
    /// </summary>
    /// <remarks>CORP, arXiv 2602.05243. With the eigenvectors of both moments the equation is a division of each entry.</remarks>
    /// <param name="query">E[qᵀq] [d, d].</param>
    /// <param name="key">E[kᵀk] [d, d].</param>
    /// <param name="kept">Dimensions that stay.</param>
    /// <returns>[kept, kept]; belongs to the current dispose scope.</returns>
    public static Tensor Mix(Tensor query, Tensor key, IReadOnlyList<int> kept)
    {
        Tensor s = LinearRepair.Index(kept), p = LinearRepair.Index([.. Enumerable.Range(0, (int)query.shape[0]).Except(kept)]);
        Tensor identity = eye(kept.Count, dtype: float64);
        if (p.shape[0] == 0) return identity;
        Tensor wanted = Part(query, s, p).mm(Part(key, p, s));
        (Tensor a, Tensor u) = linalg.eigh(Part(query, s, s));
        (Tensor b, Tensor v) = linalg.eigh(Part(key, s, s));
        (a, b) = (a.clamp_min(0.0), b.clamp_min(0.0));
        Tensor divisor = a.outer(b) + (Ridge * a.mean() * b.mean()).clamp_min(double.Epsilon * 1e20);
        return identity + u.mm(u.t().mm(wanted).mm(v) / divisor).mm(v.t());
    }

    private static Tensor Part(Tensor matrix, Tensor rows, Tensor columns) => matrix.index_select(0, rows).index_select(1, columns);
}
