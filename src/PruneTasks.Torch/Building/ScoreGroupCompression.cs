using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Query-key dimensions that cannot be rotated into each other: each unit adds its own part to the scores. Units go in the order of optimal-brain-surgeon
/// elimination on these parts, and each unit that stays is scaled so that their sum comes closest to the scores of all.
/// </summary>
/// <remarks>
/// With s_f the part of unit f, E[s_f·s_g] over pairs of tokens of one sequence is Σ over the dimensions i of f and j of g of (QᵀQ)_ij·(K̃ᵀK̃)_ij, keys centred per
/// sequence because Softmax ignores what all keys share. The scores are the sum of all parts, so the best factors are the regression of that sum on the parts kept.
/// A factor commutes with the turn by position, so it goes into the columns of the queries.
/// </remarks>
internal sealed class ScoreGroupCompression(ScoreGroupSite site, RefitContext context) : SiteCompression
{
    private readonly Tensor _parts = zeros(site.Units, site.Units, dtype: float64).DetachFromDisposeScope();
    private ObsRanking? _ranking;

    public override Value[] Inputs => [site.Query.Operand, site.Key.Operand];

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor query = Arranged(inputs[0], site.Query), key = Arranged(inputs[1], site.Key);
        key -= key.mean([-2L], keepdim: true);
        Tensor both = query.transpose(-2, -1).matmul(query) * key.transpose(-2, -1).matmul(key);
        Tensor units = Membership(site.Query.UnitOf);
        _parts.add_(units.t().mm(both.reshape(-1, units.shape[0], units.shape[0]).sum([0L])).mm(units), alpha: weight);
        _ranking = null;
    }

    public override double[] Errors(LoweredGraph network) => [.. Enumerable.Reverse(Ranking().Errors)];

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        using DisposeScope scope = NewDisposeScope();
        ObsRanking ranking = Ranking();
        int[] kept = [.. Enumerable.Range(0, site.Units).Except(ranking.Order.Take(site.Units - keep))];
        var factors = new double[site.Units];
        if (keep > 0)
        {
            Tensor index = tensor(kept.Select(k => (long)k).ToArray());
            Tensor rows = _parts.index_select(0, index), own = rows.index_select(1, index);
            double ridge = Ridge(own);
            Tensor fit = linalg.solve(own + (ridge * eye(keep, dtype: float64)), rows.sum(1) + ridge);
            double[] solved = fit.data<double>().ToArray();
            for (int i = 0; i < keep; i++) factors[kept[i]] = solved[i];
        }
        Scale(network, site.Query, unit => factors[unit]);
        Scale(network, site.Key, unit => factors[unit] == 0 ? 0 : 1);
        double total = _parts.sum().item<double>();
        return (kept, total > 0 ? Math.Max(0, ranking.Errors[site.Units - keep]) / total : 0);
    }

    public override void Dispose() => _parts.Dispose();

    private ObsRanking Ranking()
    {
        if (_ranking is not null) return _ranking;
        using Tensor ones = torch.ones(site.Units, 1, dtype: float64);
        return _ranking = ObsElimination.Rank(_parts, ones, Ridge(_parts));
    }

    private double Ridge(Tensor parts) => OasShrinkage.Lambda(parts, context.EffectiveRows);

    /// <summary>(…, tokens, dimensions) in float64.</summary>
    private static Tensor Arranged(Tensor operand, ScoreOperand side)
    {
        long[] order = [.. Enumerable.Range(0, (int)operand.dim()).Where(a => a != side.SumAxis && a != side.TokenAxis).Select(a => (long)a), side.TokenAxis, side.SumAxis];
        return operand.permute(order).to(float64);
    }

    /// <summary>[dimensions, units]: 1 where a dimension belongs to a unit.</summary>
    private static Tensor Membership(IReadOnlyList<int> unitOf)
    {
        int units = unitOf.Max() + 1;
        var values = new double[unitOf.Count * units];
        for (int i = 0; i < unitOf.Count; i++)
            if (unitOf[i] >= 0) values[(i * units) + unitOf[i]] = 1;
        return TorchTypes.Aligned(tensor(values, [unitOf.Count, units]));
    }

    private static void Scale(LoweredGraph network, ScoreOperand side, Func<int, double> factor)
    {
        Tensor scale = tensor(side.UnitOfColumn.Select(unit => unit < 0 ? 1 : factor(unit)).ToArray());
        LayerWeights.SetWeight(network, side.Layer, LayerWeights.Weight(network, side.Layer) * scale);
        if (side.Layer.Bias is not null) LayerWeights.SetBias(network, side.Layer, LayerWeights.Bias(network, side.Layer) * scale);
    }
}
