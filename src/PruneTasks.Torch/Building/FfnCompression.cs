using PruneTasks.Onnx;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Feed-forward width: neurons go in the order of optimal-brain-surgeon elimination, then the consumers are refitted on the others.</summary>
internal sealed class FfnCompression(IReadOnlyList<RefitTarget> consumers, RefitContext context) : SiteCompression
{
    private readonly Refit[] _refits = [.. consumers.Select(c => new Refit(c, context))];
    private ObsRanking? _ranking;

    public override Value[] Inputs => [.. consumers.SelectMany(c => c.Pruned)];

    public override Value[] Targets => [.. consumers.SelectMany(c => c.Dense)];

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets)
    {
        foreach (Refit refit in _refits)
        {
            (int pruned, int dense) = (refit.Target.Pruned.Length, refit.Target.Dense.Length);
            refit.Add(inputs[..pruned], targets[..dense]);
            inputs = inputs[pruned..];
            targets = targets[dense..];
        }
    }

    public override double[] Errors(LoweredGraph network) => [.. Enumerable.Reverse(Ranking(network).Errors)];

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        int units = consumers[0].Layer.InFeatures;
        int[] kept = [.. Enumerable.Range(0, units).Except(Ranking(network).Order.Take(units - keep))];
        return (kept, _refits.Max(r => r.Solve(network, kept)));
    }

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
        return _ranking = ObsElimination.Rank(hessian, weights, OasShrinkage.Lambda(hessian, context.EffectiveRows));
    }
}
