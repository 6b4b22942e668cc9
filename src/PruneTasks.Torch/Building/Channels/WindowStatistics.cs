using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>The tier <see cref="StatisticsTier.Windows"/>: regression of what the layer should give on the windows that it reads.</summary>
internal sealed class WindowStatistics(ConsumerLayer layer, ResidualSum? residual, RefitContext context) : ConsumerStatistics(layer, residual, context)
{
    // One for each place at which the weight is used, and group.
    private readonly Dictionary<ConsumerLayer, CrossMomentAccumulator[]> _moments =
        layer.Places.ToDictionary(place => place, place => Enumerable.Range(0, layer.Groups).Select(_ => new CrossMomentAccumulator(layer.Features, layer.Outputs)).ToArray());

    public override StatisticsTier Tier => StatisticsTier.Windows;

    protected override int Width => Layer.Features;

    public override IEnumerable<ObsPart> Parts(LoweredGraph network)
    {
        Tensor weight = Layer.Weight(network);
        return Enumerable.Range(0, Layer.Groups).Select(g => Part(Gram(g), weight.select(0, g), Layer.UnitsOf(g))).OfType<ObsPart>();
    }

    public override double Refit(LoweredGraph network, Func<int, bool> stays)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor old = Layer.Weight(network), weight = zeros_like(old);
        Dictionary<ConsumerLayer, Tensor> biases = Layer.Places.Where(p => p.Bias is not null).ToDictionary(p => p, p => p.BiasOf(network).clone());
        double left = 0, total = 0;
        for (int g = 0; g < Layer.Groups; g++)
        {
            Tensor mine = old.select(0, g), squares = zeros(Layer.Outputs, dtype: float64);
            int[] units = Layer.UnitsOf(g), kept = [.. Alive(mine).Where(f => units[f] < 0 || stays(units[f]))];
            Tensor index = Index(kept), gram = zeros(kept.Length, kept.Length, dtype: float64), cross = zeros(kept.Length, Layer.Outputs, dtype: float64);
            foreach ((ConsumerLayer place, CrossMomentAccumulator[] moments) in _moments)
            {
                CrossMomentAccumulator m = moments[g];
                Tensor spread = m.TargetSquares();
                total += spread.sum().item<double>();
                squares += spread;
                if (kept.Length == 0) continue;
                gram += m.Gram().index_select(0, index).index_select(1, index);
                cross += m.Cross().index_select(0, index);
                if (place.Bias is not null) continue;
                // Without a bias the means have to be fitted too: moments about zero.
                Tensor meanX = m.MeanX().index_select(0, index), meanY = m.MeanY();
                gram += meanX.outer(meanX) * m.Weight;
                cross += meanX.outer(meanY) * m.Weight;
                squares += meanY.square() * m.Weight;
            }
            if (kept.Length == 0)
            {
                left += squares.sum().item<double>();
            }
            else
            {
                CrossMomentAccumulator own = _moments[Layer][g];
                using LinearFit fit = RidgeRefit.Solve(gram, cross, mine.index_select(0, index), own.MeanX().index_select(0, index), own.MeanY(), OasShrinkage.Lambda(gram, EffectiveRows));
                weight.select(0, g).index_copy_(0, index, fit.Weight);
                left += RidgeRefit.ResidualSquares(gram, cross, squares, fit.Weight);
            }
            foreach ((ConsumerLayer place, Tensor bias) in biases)
                bias.select(0, g).copy_(_moments[place][g].MeanY() - _moments[place][g].MeanX().unsqueeze(0).mm(weight.select(0, g)).squeeze(0));
        }
        Layer.SetWeight(network, weight);
        foreach ((ConsumerLayer place, Tensor bias) in biases) place.SetBias(network, bias);
        return total > 0 ? left / total : 0;
    }

    public override void Dispose()
    {
        foreach (CrossMomentAccumulator moments in _moments.Values.SelectMany(m => m)) moments.Dispose();
    }

    protected override long Take(ConsumerLayer place, Tensor pruned, Tensor dense, Tensor target, long rows, int batch, double weight)
    {
        WindowRows windows = WindowRows.Choose(place, pruned, target, rows, batch);
        Tensor[] x = windows.Inputs(pruned), y = windows.Outputs(target);
        for (int g = 0; g < Layer.Groups; g++) _moments[place][g].Add(x[g], y[g], weight);
        return x[0].shape[0];
    }

    private Tensor Gram(int group) => _moments.Values.Select(m => m[group].Gram()).Aggregate((a, b) => a + b);
}
