using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>Units in the order in which they go, and what that costs.</summary>
/// <param name="Order">Indices of units; the first goes first. All units, or as many as asked for.</param>
/// <param name="Errors">[Order.Length + 1]: rise of ‖XW − X′W′‖² (in units of the Hessian XᵀX) after the first k have gone and the others were refitted.</param>
public sealed record ObsRanking(int[] Order, double[] Errors);

/// <summary>Greedy optimal-brain-surgeon elimination of the inputs of a linear map.</summary>
/// <remarks>
/// Removing input j of y = xW costs ‖w_j‖² / [H⁻¹]_jj after the best change of the other rows; then W −= H⁻¹_:j w_j / [H⁻¹]_jj and
/// H⁻¹ −= H⁻¹_:j H⁻¹_j: / [H⁻¹]_jj (Hassibi and Stork 1993; by rows of W as in Frantar and Alistarh, "Optimal Brain Compression", 2022, eq. 3–4).
/// The changes of H⁻¹ and W are collected and applied to what is left in blocks, so that most of the work is matrix products.
/// </remarks>
public static class ObsElimination
{
    // Large enough for matrix products to pay, small enough for the pending columns to stay in the cache.
    private const int Block = 64;
    // Below this share of the mean diagonal the inverse would be noise.
    private const double Floor = 1e-10;
    // Scores closer than this (relative) are equal; the lower index goes first whatever the rounding.
    private const double Tie = 1e-9;

    /// <summary>Ranks the <c>e</c> inputs of a linear map.</summary>
    /// <param name="hessian">XᵀX, centred or not, [e, e]; a unit with a zero diagonal is dead and goes first, at no cost.</param>
    /// <param name="weight">W [e, out].</param>
    /// <param name="ridge">Added to the diagonal; at least 1e-10 of its mean is.</param>
    /// <param name="limit">Stop after so many; default all.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    /// <exception cref="UnfitDataException">The Hessian is not positive semi-definite.</exception>
    public static ObsRanking Rank(Tensor hessian, Tensor weight, double ridge = 0, int? limit = null)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        int e = checked((int)Square.Size(hessian, nameof(hessian)));
        if (weight.dim() != 2 || weight.shape[0] != e)
            throw new ArgumentException($"[{string.Join(", ", weight.shape)}] given, [{e}, out] expected", nameof(weight));
        int wanted = Math.Clamp(limit ?? e, 0, e);

        double[] diagonal = hessian.diagonal().contiguous().data<double>().ToArray();
        double dead = diagonal.DefaultIfEmpty(0).Max() * 1e-14;
        List<int> order = [.. Enumerable.Range(0, e).Where(j => diagonal[j] <= dead).Take(wanted)];
        List<double> errors = [0, .. order.Select(_ => 0.0)];
        int[] live = [.. Enumerable.Range(0, e).Where(j => diagonal[j] > dead)];
        if (live.Length > 0 && order.Count < wanted)
            Eliminate(hessian, weight.to(float64), live, Math.Max(ridge, Floor * live.Average(j => diagonal[j])), wanted, order, errors);
        return new([.. order], [.. errors]);
    }

    private static void Eliminate(Tensor hessian, Tensor weight, int[] units, double ridge, int wanted, List<int> order, List<double> errors)
    {
        Tensor all = tensor(units.Select(j => (long)j).ToArray());
        Tensor inverse = InverseOf(hessian.index_select(0, all).index_select(1, all), ridge);
        Tensor rows = Narrow(weight.index_select(0, all));
        while (order.Count < wanted && units.Length > 0)
        {
            using var scope = NewDisposeScope();
            int take = Math.Min(Math.Min(Block, units.Length), wanted - order.Count);
            (bool[] gone, Tensor columns, Tensor pulls) = EliminateBlock(inverse, rows, units, take, order, errors);

            int[] left = [.. Enumerable.Range(0, units.Length).Where(i => !gone[i])];
            units = [.. left.Select(i => units[i])];
            if (units.Length == 0) break;
            Tensor keep = tensor(left.Select(i => (long)i).ToArray());
            columns = columns.index_select(0, keep);
            Tensor smaller = inverse.index_select(0, keep).index_select(1, keep).addmm_(columns, columns.t(), alpha: -1);
            Tensor moved = rows.index_select(0, keep).addmm_(columns, pulls, alpha: -1);
            inverse.Dispose();
            rows.Dispose();
            inverse = smaller.MoveToOuterDisposeScope();
            rows = moved.MoveToOuterDisposeScope();
        }
    }

    // Current H⁻¹ = inverse − C·Cᵀ and W = rows − C·P, with one column of C and one row of P for each unit that went in this block.
    private static (bool[] Gone, Tensor Columns, Tensor Pulls) EliminateBlock(
        Tensor inverse, Tensor rows, int[] units, int take, List<int> order, List<double> errors)
    {
        int n = units.Length;
        Tensor columns = zeros(n, take, dtype: float64), pulls = zeros(take, rows.shape[1], dtype: float64);
        double[] variances = inverse.diagonal().contiguous().data<double>().ToArray();
        double[] norms = rows.square().sum(1).data<double>().ToArray();
        var gone = new bool[n];
        for (int k = 0; k < take; k++)
        {
            using var scope = NewDisposeScope();
            int j = Cheapest(norms, variances, gone, out double cost);
            gone[j] = true;
            order.Add(units[j]);
            errors.Add(errors[^1] + cost);

            double scale = 1 / Math.Sqrt(variances[j]);
            // A row, which is the column of a symmetric matrix and lies together in memory.
            Tensor column = inverse.select(0, j), pull = rows.select(0, j);
            if (k > 0)
            {
                Tensor past = columns.narrow(1, 0, k), mine = past.select(0, j).contiguous();
                column = column - past.mv(mine);
                pull = pull - pulls.narrow(0, 0, k).t().mv(mine);
            }
            column = column * scale;
            pull = pull * scale;
            Tensor products = rows.mv(pull);
            if (k > 0) products = products - columns.narrow(1, 0, k).mv(pulls.narrow(0, 0, k).mv(pull));
            columns.select(1, k).copy_(column);
            pulls.select(0, k).copy_(pull);

            double[] c = column.data<double>().ToArray(), p = products.data<double>().ToArray();
            double length = pull.square().sum().item<double>();
            for (int i = 0; i < n; i++)
            {
                variances[i] = Math.Max(variances[i] - c[i] * c[i], double.Epsilon);
                norms[i] = Math.Max(norms[i] - 2 * c[i] * p[i] + c[i] * c[i] * length, 0);
            }
        }
        return (gone, columns.MoveToOuterDisposeScope(), pulls.MoveToOuterDisposeScope());
    }

    private static int Cheapest(double[] norms, double[] variances, bool[] gone, out double cost)
    {
        double least = double.PositiveInfinity;
        for (int i = 0; i < norms.Length; i++)
            if (!gone[i]) least = Math.Min(least, norms[i] / variances[i]);
        for (int i = 0; ; i++)
        {
            if (gone[i]) continue;
            cost = norms[i] / variances[i];
            if (cost <= least * (1 + Tie)) return i;
        }
    }

    private static Tensor InverseOf(Tensor matrix, double ridge)
    {
        using var scope = NewDisposeScope();
        Tensor factor = Square.Cholesky(matrix, ridge, nameof(matrix));
        Tensor half = linalg.solve_triangular(factor, eye(matrix.shape[0], dtype: float64), upper: false);
        return half.t().mm(half).MoveToOuterDisposeScope();
    }

    // Only lengths and inner products of rows count, so a wide W may be replaced by its triangular factor: W = Lᵀ·Qᵀ with Q orthonormal.
    private static Tensor Narrow(Tensor rows)
    {
        if (rows.shape[1] <= rows.shape[0]) return rows;
        (_, Tensor r) = linalg.qr(rows.t());
        return r.t().contiguous();
    }
}
