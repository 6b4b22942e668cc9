using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// The tier <see cref="StatisticsTier.Channels"/>: channels at one place predict the dense channels there (x_D ≈ x′_S·B + c by ridge), and B is folded into the weights
/// of every place of the kernel. That is block elimination under the Hessian H ⊗ I.
/// </summary>
internal sealed class ChannelStatistics(ConsumerLayer layer, ChannelBlocks blocks, ResidualSum? residual, RefitContext context) : ConsumerStatistics(layer, residual, context)
{
    private readonly RefitContext _context = context;
    private readonly CrossMomentAccumulator[] _moments = [.. Enumerable.Range(0, layer.Groups).Select(_ => new CrossMomentAccumulator(blocks.Count, blocks.Count))];

    public override StatisticsTier Tier => StatisticsTier.Channels;

    protected override int Width => blocks.Count;

    public override IEnumerable<ObsPart> Parts(LoweredGraph network)
    {
        Tensor weight = Layer.Weight(network);
        return Enumerable.Range(0, Layer.Groups).Select(g => Part(_moments[g].Gram(), Blocks(weight.select(0, g)), UnitsOf(g))).OfType<ObsPart>();
    }

    public override double Refit(LoweredGraph network, Func<int, bool> stays)
    {
        using DisposeScope scope = NewDisposeScope();
        LoweredGraph goal = _context.Dense ?? network;
        Tensor old = Layer.Weight(network), dense = Layer.Weight(goal), weight = zeros_like(old), bias = Layer.BiasOf(goal).clone();
        bool shifts = Layer.Bias is not null;
        double left = 0, total = 0;
        for (int g = 0; g < Layer.Groups; g++)
        {
            Tensor mine = Blocks(old.select(0, g)), wanted = Blocks(dense.select(0, g)), meanX = _moments[g].MeanX(), meanY = _moments[g].MeanY().unsqueeze(0).mm(wanted).squeeze(0);
            int[] units = UnitsOf(g), kept = [.. Alive(mine).Where(c => units[c] < 0 || stays(units[c]))];
            if (kept.Length == 0)
            {
                bias.select(0, g).add_(OverTaps(meanY));
                (left, total) = (left + 1, total + 1);
                continue;
            }
            Tensor index = Index(kept), gram = _moments[g].Gram().index_select(0, index).index_select(1, index), cross = _moments[g].Cross().index_select(0, index).mm(wanted);
            meanX = meanX.index_select(0, index);
            if (!shifts)
            {
                gram = gram + (meanX.outer(meanX) * _moments[g].Weight);
                cross = cross + (meanX.outer(meanY) * _moments[g].Weight);
            }
            using LinearFit fit = RidgeRefit.Solve(gram, cross, mine.index_select(0, index), meanX, meanY, OasShrinkage.Lambda(gram, EffectiveRows));
            weight.select(0, g).copy_(Unblock(zeros_like(mine).index_copy(0, index, fit.Weight)));
            bias.select(0, g).add_(OverTaps(fit.Bias));
            // Where nothing but the units changed, x_D has the covariance of x: what is left is told by it.
            double all = (fit.Weight * gram.mm(fit.Weight)).sum().item<double>(), part = (fit.Weight * cross).sum().item<double>();
            (left, total) = (left + Math.Max(0, all - part), total + Math.Max(all, double.Epsilon * 1e20));
        }
        Layer.SetWeight(network, weight);
        if (shifts) Layer.SetBias(network, bias);
        return total > 0 ? left / total : 0;
    }

    public override void Dispose()
    {
        foreach (CrossMomentAccumulator moments in _moments) moments.Dispose();
    }

    protected override long Take(ConsumerLayer place, Tensor pruned, Tensor dense, Tensor target, long rows, int batch, double weight)
    {
        Tensor[] x = Channels(pruned, rows, batch), y = Channels(dense, rows, batch);
        for (int g = 0; g < Layer.Groups; g++) _moments[g].Add(x[g], y[g], weight);
        return x[0].shape[0];
    }

    private int[] UnitsOf(int group)
    {
        int[] units = Layer.UnitsOf(group);
        return [.. Enumerable.Range(0, blocks.Count).Select(c => units[blocks.Features[c * blocks.Size]])];
    }

    /// <summary>[features, out] → [channels, size · out].</summary>
    private Tensor Blocks(Tensor weight) => weight.index_select(0, Index(blocks.Features)).reshape(blocks.Count, -1);

    /// <summary>The way back from <see cref="Blocks"/>.</summary>
    private Tensor Unblock(Tensor weight)
    {
        Tensor rows = weight.reshape(Layer.Features, Layer.Outputs);
        return zeros_like(rows).index_copy(0, Index(blocks.Features), rows);
    }

    private Tensor OverTaps(Tensor shift) => shift.reshape(blocks.Size, Layer.Outputs).sum([0L]);

    /// <summary>[group] → rows [n, channels].</summary>
    private Tensor[] Channels(Tensor value, long rows, int batch)
    {
        if (Layer.HasRows)
        {
            Tensor all = value.reshape(-1, value.shape[^1]), some = all.index_select(0, tensor(WindowRows.Spread(all.shape[0], (rows + blocks.Size - 1) / blocks.Size, batch)));
            return [some.index_select(1, Index(blocks.Features)).reshape(-1, blocks.Count, blocks.Size).transpose(1, 2).reshape(-1, blocks.Count)];
        }
        long n = value.shape[0];
        Tensor flat = value.reshape(n, Layer.Groups, Layer.Inputs, -1);
        Tensor chosen = flat.index_select(3, tensor(WindowRows.Spread(flat.shape[3], (rows + n - 1) / n, batch)));
        return [.. Enumerable.Range(0, Layer.Groups).Select(g => chosen.select(1, g).transpose(1, 2).reshape(-1, Layer.Inputs))];
    }
}
