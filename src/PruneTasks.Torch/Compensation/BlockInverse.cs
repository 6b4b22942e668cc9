using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>H⁻¹ and W of one layer, for the features of the units that are still there.</summary>
internal sealed class BlockInverse : IDisposable
{
    // Below this share of the mean diagonal the inverse would be noise.
    private const double Floor = 1e-10;

    private readonly int _units;
    private int[] _unitOf;
    private int[][] _features = [];
    private int _live;
    private Tensor _inverse;
    private Tensor _rows;

    public BlockInverse(ObsPart part, int units)
    {
        using var scope = NewDisposeScope();
        long size = Square.Size(part.Hessian, nameof(part));
        if (part.Weight.dim() != 2 || part.Weight.shape[0] != size || part.UnitOf.Count != size)
            throw new ArgumentException($"weights [{string.Join(", ", part.Weight.shape)}] and units of {part.UnitOf.Count} features do not fit a Hessian of {size}", nameof(part));
        _units = units;
        int[] own = [.. Enumerable.Range(0, (int)size).Where(f => part.UnitOf[f] >= 0)];
        _unitOf = [.. own.Select(f => part.UnitOf[f])];
        Tensor index = Index(own);
        double mean = size == 0 ? 0 : part.Hessian.diagonal().mean().item<double>();
        if (own.Length == 0 || !(mean > 0))
        {
            (_unitOf, _inverse, _rows) = ([], zeros(0, 0, dtype: float64).DetachFromDisposeScope(), zeros(0, 0, dtype: float64).DetachFromDisposeScope());
        }
        else
        {
            Tensor factor = Square.Cholesky(part.Hessian, Math.Max(part.Ridge, Floor * mean), nameof(part));
            Tensor half = linalg.solve_triangular(factor, eye(size, dtype: float64).index_select(1, index), upper: false);
            _inverse = half.t().mm(half).DetachFromDisposeScope();
            _rows = Narrow(part.Weight.to(float64).index_select(0, index)).DetachFromDisposeScope();
        }
        List();
    }

    /// <summary>Adds to <paramref name="costs"/> what each unit that is still there would cost here.</summary>
    public void AddCosts(double[] costs, bool[] gone)
    {
        foreach (IGrouping<int, int> group in Enumerable.Range(0, _units).Where(u => !gone[u] && _features[u].Length > 0).GroupBy(u => _features[u].Length))
        {
            using var scope = NewDisposeScope();
            int[] units = [.. group];
            int k = group.Key;
            Tensor own = Index([.. units.SelectMany(u => _features[u])]).reshape(units.Length, k);
            Tensor flat = (own.unsqueeze(2) * _inverse.shape[0]) + own.unsqueeze(1);
            Tensor blocks = _inverse.reshape(-1).index_select(0, flat.reshape(-1)).reshape(units.Length, k, k);
            Tensor rows = _rows.index_select(0, own.reshape(-1)).reshape(units.Length, k, -1);
            double[] cost = k == 1
                ? (rows.square().sum([1L, 2L]) / blocks.reshape(-1).clamp_min(double.Epsilon * 1e20)).data<double>().ToArray()
                : linalg.solve_triangular(Factor(blocks), rows, upper: false).square().sum([1L, 2L]).data<double>().ToArray();
            for (int i = 0; i < units.Length; i++) costs[units[i]] += cost[i];
        }
    }

    /// <summary>Takes units away, the others changed as is best; what that costs.</summary>
    public double Remove(IReadOnlyList<int> units)
    {
        int[] features = [.. units.SelectMany(u => _features[u])];
        if (features.Length == 0) return 0;
        using var scope = NewDisposeScope();
        Tensor index = Index(features), across = _inverse.index_select(0, index);
        Tensor factor = Factor(across.index_select(1, index).unsqueeze(0)).squeeze(0);
        Tensor columns = linalg.solve_triangular(factor, across, upper: false), pulls = linalg.solve_triangular(factor, _rows.index_select(0, index), upper: false);
        _inverse.addmm_(columns.t(), columns, alpha: -1);
        _rows.addmm_(columns.t(), pulls, alpha: -1);
        foreach (int unit in units) _features[unit] = [];
        _live -= features.Length;
        if (_live < 0.8 * _unitOf.Length) Shrink();
        return pulls.square().sum().item<double>();
    }

    public void Dispose()
    {
        _inverse.Dispose();
        _rows.Dispose();
    }

    private void Shrink()
    {
        int[] left = [.. _features.SelectMany(f => f).Order()];
        Tensor index = Index(left);
        (Tensor inverse, Tensor rows) = (_inverse, _rows);
        _inverse = inverse.index_select(0, index).index_select(1, index).DetachFromDisposeScope();
        _rows = rows.index_select(0, index).DetachFromDisposeScope();
        _unitOf = [.. left.Select(f => _unitOf[f])];
        inverse.Dispose();
        rows.Dispose();
        List();
    }

    private void List()
    {
        ILookup<int, int> byUnit = Enumerable.Range(0, _unitOf.Length).ToLookup(f => _unitOf[f]);
        _features = [.. Enumerable.Range(0, _units).Select(u => byUnit[u].ToArray())];
        _live = _unitOf.Length;
    }

    /// <summary>Lower Cholesky factors of [n, k, k]; rounding may leave a block a little below zero.</summary>
    private static Tensor Factor(Tensor blocks)
    {
        Tensor diagonal = blocks.diagonal(0, 1, 2);
        double scale = Math.Max(diagonal.abs().max().item<double>(), double.Epsilon * 1e20);
        double extra = 0;
        for (int attempt = 0; attempt < 12; attempt++)
        {
            Tensor regular = extra == 0 ? blocks : blocks + (eye(blocks.shape[1], dtype: float64) * extra);
            (Tensor factor, Tensor info) = linalg.cholesky_ex(regular);
            if (info.abs().max().item<int>() == 0) return factor;
            extra = extra == 0 ? 1e-14 * scale : extra * 10;
        }
        throw new UnfitDataException();
    }

    // Only lengths and inner products of rows count, so a wide W may be replaced by its triangular factor: W = Lᵀ·Qᵀ with Q orthonormal.
    private static Tensor Narrow(Tensor rows)
    {
        if (rows.shape[1] <= rows.shape[0]) return rows.clone();
        (_, Tensor r) = linalg.qr(rows.t());
        return r.t().contiguous();
    }

    private static Tensor Index(int[] indices) => tensor(indices.Select(i => (long)i).ToArray(), int64);
}
