using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>The tier <see cref="StatisticsTier.Windows"/>: regression of what the layer should give on the windows that it reads.</summary>
internal sealed class WindowStatistics(ConsumerLayer layer, ResidualSum? residual, RefitContext context) : ConsumerStatistics(layer, residual, context)
{
    private readonly CrossMomentAccumulator[] _moments = [.. Enumerable.Range(0, layer.Groups).Select(_ => new CrossMomentAccumulator(layer.Features, layer.Outputs))];

    public override StatisticsTier Tier => StatisticsTier.Windows;

    protected override int Width => Layer.Features;

    public override IEnumerable<ObsPart> Parts(LoweredGraph network)
    {
        Tensor weight = Layer.Weight(network);
        return Enumerable.Range(0, Layer.Groups).Select(g => Part(_moments[g].Gram(), weight.select(0, g), Layer.UnitsOf(g))).OfType<ObsPart>();
    }

    public override double Refit(LoweredGraph network, Func<int, bool> stays)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor old = Layer.Weight(network), weight = zeros_like(old), bias = Layer.BiasOf(network).clone();
        bool shifts = Layer.Bias is not null;
        double left = 0, total = 0;
        for (int g = 0; g < Layer.Groups; g++)
        {
            Tensor mine = old.select(0, g);
            int[] units = Layer.UnitsOf(g), kept = [.. Alive(mine).Where(f => units[f] < 0 || stays(units[f]))];
            Tensor meanX = _moments[g].MeanX(), meanY = _moments[g].MeanY(), squares = _moments[g].TargetSquares();
            total += squares.sum().item<double>();
            if (kept.Length == 0)
            {
                if (shifts) bias.select(0, g).copy_(meanY);
                left += squares.sum().item<double>();
                continue;
            }
            Tensor index = Index(kept), gram = _moments[g].Gram().index_select(0, index).index_select(1, index), cross = _moments[g].Cross().index_select(0, index);
            meanX = meanX.index_select(0, index);
            if (!shifts)
            {
                // Without a bias the means have to be fitted too: moments about zero.
                gram = gram + (meanX.outer(meanX) * _moments[g].Weight);
                cross = cross + (meanX.outer(meanY) * _moments[g].Weight);
            }
            using LinearFit fit = RidgeRefit.Solve(gram, cross, mine.index_select(0, index), meanX, meanY, OasShrinkage.Lambda(gram, EffectiveRows));
            weight.select(0, g).index_copy_(0, index, fit.Weight);
            if (shifts) bias.select(0, g).copy_(fit.Bias);
            else squares = squares + (meanY.square() * _moments[g].Weight);
            left += RidgeRefit.ResidualSquares(gram, cross, squares, fit.Weight);
        }
        Layer.SetWeight(network, weight);
        if (shifts) Layer.SetBias(network, bias);
        return total > 0 ? left / total : 0;
    }

    public override void Dispose()
    {
        foreach (CrossMomentAccumulator moments in _moments) moments.Dispose();
    }

    protected override long Take(Tensor pruned, Tensor dense, Tensor target, long rows, int batch, double weight)
    {
        WindowRows windows = WindowRows.Choose(Layer, pruned, target, rows, batch);
        Tensor[] x = windows.Inputs(pruned), y = windows.Outputs(target);
        for (int g = 0; g < Layer.Groups; g++) _moments[g].Add(x[g], y[g], weight);
        return x[0].shape[0];
    }
}
