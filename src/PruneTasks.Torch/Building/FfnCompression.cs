using PruneTasks.Onnx;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Feed-forward width: neurons go in the order of optimal-brain-surgeon elimination, then the consumers are refitted on the others.</summary>
/// <param name="consumers">Layers that read the neurons.</param>
/// <param name="context">What refits share.</param>
/// <param name="live">Neurons that are still there, ascending; all by default. Others have no weight in the consumers.</param>
internal sealed class FfnCompression(IReadOnlyList<RefitTarget> consumers, RefitContext context, IReadOnlyList<int>? live = null) : SiteCompression
{
    private readonly Refit[] _refits = [.. consumers.Select(c => new Refit(c, context))];
    private readonly IReadOnlyList<int> _live = live ?? [.. Enumerable.Range(0, consumers[0].Layer.InFeatures)];
    private ObsRanking? _ranking;

    public override Value[] Inputs => [.. consumers.SelectMany(c => c.Pruned)];

    public override Value[] Targets => [.. consumers.SelectMany(c => c.Dense)];

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, double weight)
    {
        foreach (Refit refit in _refits)
        {
            (int pruned, int dense) = (refit.Target.Pruned.Length, refit.Target.Dense.Length);
            refit.Add(inputs[..pruned], targets[..dense], weight);
            inputs = inputs[pruned..];
            targets = targets[dense..];
        }
    }

    public override double[] Errors(LoweredGraph network) => [.. Enumerable.Reverse(Ranking(network).Errors)];

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        int[] kept = [.. Enumerable.Range(0, _live.Count).Except(Ranking(network).Order.Take(_live.Count - keep))];
        return (kept, FitOn(network, [.. kept.Select(k => _live[k])], Anchor));
    }

    /// <summary>Holds the weights that refits by <see cref="Apply"/> pull to; by default the network itself.</summary>
    public LoweredGraph? Anchor { get; init; }

    /// <summary>Neurons in the order in which they would go, as indices into those that are still there.</summary>
    public IReadOnlyList<int> Order(LoweredGraph network) => Ranking(network).Order;

    /// <summary>Refits all consumers on <paramref name="kept"/>, neurons of the site; the largest unexplained share.</summary>
    public double FitOn(LoweredGraph network, IReadOnlyList<int> kept, LoweredGraph? anchor = null) => _refits.Max(r => r.Solve(network, kept, anchor));

    /// <summary>As <see cref="FitOn(LoweredGraph, IReadOnlyList{int}, LoweredGraph?)"/> with half-gated neurons; for each of these, what its return would gain.</summary>
    public double[] FitOn(LoweredGraph network, IReadOnlyList<int> kept, IReadOnlyList<int> gated, double gate, LoweredGraph? anchor)
    {
        double[][] regrets = [.. _refits.Select(r => r.SolveGated(network, kept, gated, gate, anchor))];
        return [.. gated.Select((_, i) => regrets.Sum(r => r[i]))];
    }

    /// <summary>Mean of every neuron, those that are gone included.</summary>
    public double[] Means() => _refits[0].Means();

    public override void Dispose()
    {
        foreach (Refit refit in _refits) refit.Dispose();
    }

    /// <summary>All consumers read the same neurons: their weights side by side make one map, with one Hessian.</summary>
    private ObsRanking Ranking(LoweredGraph network)
    {
        if (_ranking is not null) return _ranking;
        using DisposeScope scope = NewDisposeScope();
        Tensor hessian = _refits[0].Gram();
        Tensor weights = cat([.. consumers.Select(c => LayerWeights.Weight(network, c.Layer))], dim: 1);
        if (live is not null)
        {
            Tensor index = tensor(live.Select(i => (long)i).ToArray());
            (hessian, weights) = (hessian.index_select(0, index).index_select(1, index), weights.index_select(0, index));
        }
        return _ranking = ObsElimination.Rank(hessian, weights, OasShrinkage.Lambda(hessian, _refits[0].EffectiveRows));
    }
}
