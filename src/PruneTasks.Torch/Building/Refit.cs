using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>What all refits of one build share.</summary>
/// <param name="Repair">Share of the residual stream's error that is repaired, 0 to 1.</param>
/// <param name="EffectiveRows">Independent rows behind the statistics.</param>
internal sealed record RefitContext(double Repair, double EffectiveRows)
{
    /// <summary>Batches that statistics come in.</summary>
    public int Batches { get; init; } = 1;

    /// <summary>The dense network, where it is another one than that which is refitted first.</summary>
    public LoweredGraph? Dense { get; init; }
}

/// <summary>Ridge refit of one linear layer from streamed batches, on all or some of its inputs.</summary>
internal sealed class Refit : IDisposable
{
    private readonly CrossMomentAccumulator _moments;
    private readonly RefitContext _context;
    private long _rows;

    public Refit(RefitTarget target, RefitContext context)
    {
        (Target, _context) = (target, context);
        _moments = new CrossMomentAccumulator(target.Layer.InFeatures, target.Layer.OutFeatures);
    }

    public RefitTarget Target { get; }

    /// <summary>Independent rows behind the moments: never more than there are, as where a layer works on one token of each sample.</summary>
    public double EffectiveRows => Math.Min(_context.EffectiveRows, _rows);

    /// <summary>Centred XᵀX of the layer's inputs.</summary>
    public Tensor Gram() => _moments.Gram();

    /// <summary>
    /// Adds one batch. With a residual stream the target is Y = sum − (1 − α)·stream − α·stream′, so that stream′ + Y is the dense sum for α = 1.
    /// </summary>
    /// <param name="pruned">Values of <see cref="RefitTarget.Pruned"/>.</param>
    /// <param name="dense">Values of <see cref="RefitTarget.Dense"/>.</param>
    /// <param name="weight">How much each row counts.</param>
    public void Add(ReadOnlySpan<Tensor> pruned, ReadOnlySpan<Tensor> dense, double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Rows(pruned[0]);
        Tensor y = Target.Residual is { } residual
            ? residual.Undo(dense[0] - ((1 - _context.Repair) * dense[1]) - (_context.Repair * pruned[1]), dense[2..])
            : dense[0];
        _moments.Add(x, Rows(y), weight);
        _rows += x.shape[0];
    }

    /// <summary>Fits on <paramref name="inputs"/>; rows of all other inputs become zero.</summary>
    /// <param name="network">Holds the old weights and gets the new ones.</param>
    /// <param name="inputs">Inputs that stay, ascending.</param>
    /// <param name="anchor">Holds the weights that the ridge pulls to; by default the network itself.</param>
    /// <returns>Unexplained share of the target's variance.</returns>
    public double Solve(LoweredGraph network, IReadOnlyList<int> inputs, LoweredGraph? anchor = null)
    {
        using DisposeScope scope = NewDisposeScope();
        if (inputs.Count == 0)
        {
            // A branch that is gone gives its mean.
            LayerWeights.SetWeight(network, Target.Layer, zeros_like(LayerWeights.Weight(network, Target.Layer)));
            LayerWeights.SetBias(network, Target.Layer, _moments.MeanY());
            return 1;
        }
        Tensor index = tensor(inputs.Select(i => (long)i).ToArray());
        Tensor gram = _moments.Gram().index_select(0, index).index_select(1, index), cross = _moments.Cross().index_select(0, index);
        Tensor old = LayerWeights.Weight(anchor ?? network, Target.Layer);
        using LinearFit fit = RidgeRefit.Solve(
            gram, cross, old.index_select(0, index), _moments.MeanX().index_select(0, index), _moments.MeanY(), OasShrinkage.Lambda(gram, EffectiveRows));
        LayerWeights.SetWeight(network, Target.Layer, zeros_like(old).index_copy(0, index, fit.Weight));
        LayerWeights.SetBias(network, Target.Layer, fit.Bias);
        double total = _moments.TargetSquares().sum().item<double>();
        return total > 0 ? RidgeRefit.ResidualSquares(gram, cross, _moments.TargetSquares(), fit.Weight) / total : 0;
    }

    /// <summary>As <see cref="Solve"/> while <paramref name="gated"/> inputs are half gated (<see cref="GatedRidge"/>); for each of these, what its return would gain.</summary>
    /// <param name="network">Holds the old weights and gets the new ones.</param>
    /// <param name="inputs">Inputs that stay, ascending.</param>
    /// <param name="gated">Inputs in the buffer.</param>
    /// <param name="gate">γ, 0 to 1.</param>
    /// <param name="anchor">As for <see cref="Solve"/>; gated inputs keep the network's own rows.</param>
    public double[] SolveGated(LoweredGraph network, IReadOnlyList<int> inputs, IReadOnlyList<int> gated, double gate, LoweredGraph? anchor = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor old = LayerWeights.Weight(network, Target.Layer), index = tensor(inputs.Select(i => (long)i).ToArray());
        if (anchor is not null) old = old.index_copy(0, index, LayerWeights.Weight(anchor, Target.Layer).index_select(0, index));
        using GatedFit fit = GatedRidge.Solve(
            _moments.Gram(), _moments.Cross(), old, _moments.MeanX(), _moments.MeanY(), inputs, gated, gate, EffectiveRows);
        LayerWeights.SetWeight(network, Target.Layer, fit.Weight);
        LayerWeights.SetBias(network, Target.Layer, fit.Bias);
        return fit.Regrets;
    }

    /// <summary>Mean of the layer's inputs.</summary>
    public double[] Means()
    {
        using Tensor mean = _moments.MeanX();
        return mean.data<double>().ToArray();
    }

    public void Dispose() => _moments.Dispose();

    private static Tensor Rows(Tensor value) => value.reshape(-1, value.shape[^1]);
}
