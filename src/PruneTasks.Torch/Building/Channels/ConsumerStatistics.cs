using PruneTasks.Onnx;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>What one layer behind channels sees, and its repair once some of them have gone.</summary>
/// <remarks>Features whose weights are all zero are gone already, as channels that another site took: they neither carry nor repair anything.</remarks>
internal abstract class ConsumerStatistics(ConsumerLayer layer, ResidualSum? sum, RefitContext context) : IDisposable
{
    // No residual sum is repaired behind a recurrent layer, and none by a weight that serves several places.
    private readonly ResidualSum? _residual = layer.IsRecurrent || layer.Twins.Count > 0 ? null : sum;

    private int _batches;

    /// <summary>The layer.</summary>
    public ConsumerLayer Layer => layer;

    /// <summary>How closely it is looked at.</summary>
    public abstract StatisticsTier Tier { get; }

    /// <summary>The pruned values needed: the layer's input, and the stream that its output is added to.</summary>
    public Value[] Pruned => _residual is { } r ? [layer.Input, r.Stream] : [.. layer.Places.Select(p => p.Input)];

    /// <summary>The dense values needed: the layer's input; the sum, the stream and what stands before each move between, or the layer's output alone.</summary>
    public Value[] Dense => _residual is { } r ? [layer.Input, r.Sum, r.Stream, .. r.Moves.Select(m => m.Inputs[0]!)]
        : [.. layer.Places.SelectMany(p => p.IsRecurrent ? new[] { p.Input } : [p.Input, p.Output])];

    /// <summary>Rows seen, of all batches.</summary>
    protected long Rows { get; private set; }

    /// <summary>Independent rows behind the statistics.</summary>
    protected double EffectiveRows => Math.Min(context.EffectiveRows * (layer.HasRows ? 1 : ChannelLimits.WindowShare), Rows);

    /// <summary>Features that the tier needs rows for.</summary>
    protected abstract int Width { get; }

    /// <summary>For the layer, in the tier that it fits.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="residual">What its output is added to, if that is to be repaired.</param>
    /// <param name="context">What refits share.</param>
    /// <param name="limits">What it may cost.</param>
    public static ConsumerStatistics Of(ConsumerLayer layer, ResidualSum? residual, RefitContext context, ChannelLimits limits)
    {
        ChannelBlocks blocks = ChannelBlocks.Of(layer);
        return (layer.Twins.Count > 0 ? StatisticsTier.Windows : limits.Of(layer.Features, blocks.Count)) switch
        {
            StatisticsTier.Windows => new WindowStatistics(layer, residual, context),
            StatisticsTier.Channels => new ChannelStatistics(layer, blocks, residual, context),
            _ => new MomentStatistics(layer, residual, context),
        };
    }

    /// <summary>Adds one batch of <see cref="Pruned"/> and <see cref="Dense"/>, each of whose samples counts <paramref name="weight"/> times.</summary>
    public void Add(ReadOnlySpan<Tensor> pruned, ReadOnlySpan<Tensor> dense, double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        long wanted = (ChannelLimits.RowsFor(Width) + context.Batches - 1) / context.Batches;
        if (_residual is { } r)
        {
            Rows += Take(layer, pruned[0], dense[0], r.Undo(dense[1] - ((1 - context.Repair) * dense[2]) - (context.Repair * pruned[1]), dense[3..]), wanted, _batches++, weight);
            return;
        }
        int input = 0, at = 0;
        foreach (ConsumerLayer place in layer.Places)
        {
            Tensor before = dense[at++];
            Rows += Take(place, pruned[input++], before, place.IsRecurrent ? place.FromInput(before) : dense[at++], wanted, _batches, weight);
        }
        _batches++;
    }

    /// <summary>The maps that channels are ranked by: one for each group of the layer, in units of the share of the layer's output.</summary>
    public abstract IEnumerable<ObsPart> Parts(LoweredGraph network);

    /// <summary>Adds to [units] the shares that the tier cannot put into a map.</summary>
    public virtual void AddConstant(LoweredGraph network, double[] costs)
    {
    }

    /// <summary>Refits the layer on the channels of which <paramref name="stays"/> is true; weights of all others become zero.</summary>
    /// <param name="network">Holds the old weights and gets the new ones.</param>
    /// <param name="stays">(unit) → whether it stays; channels of no unit always do.</param>
    /// <returns>Unexplained share of the target's variance, as far as the tier can tell.</returns>
    public abstract double Refit(LoweredGraph network, Func<int, bool> stays);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Adds rows of one batch; how many.</summary>
    /// <param name="place">The layer, or one of its twins.</param>
    /// <param name="pruned">The layer's input in the network that is built.</param>
    /// <param name="dense">The same in the dense network.</param>
    /// <param name="target">What the layer should give.</param>
    /// <param name="rows">Wanted.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <param name="weight">How much each row counts.</param>
    protected abstract long Take(ConsumerLayer place, Tensor pruned, Tensor dense, Tensor target, long rows, int batch, double weight);

    /// <summary>Features of one group that have a weight, ascending.</summary>
    /// <param name="weight">[features, out].</param>
    protected static int[] Alive(Tensor weight)
    {
        using DisposeScope scope = NewDisposeScope();
        bool[] any = weight.ne(0).any(1).data<bool>().ToArray();
        return [.. Enumerable.Range(0, any.Length).Where(f => any[f])];
    }

    /// <summary>A map in which the whole output counts 1.</summary>
    /// <param name="hessian">Of all features.</param>
    /// <param name="weight">[features, out].</param>
    /// <param name="unitOf">Unit of each feature, or -1.</param>
    protected ObsPart? Part(Tensor hessian, Tensor weight, int[] unitOf)
    {
        int[] alive = Alive(weight);
        if (alive.All(f => unitOf[f] < 0)) return null;
        Tensor index = Index(alive), own = hessian.index_select(0, index).index_select(1, index), rows = weight.index_select(0, index);
        double total = (rows * own.mm(rows)).sum().item<double>();
        return total > 0 ? new ObsPart(own, rows / Math.Sqrt(total), [.. alive.Select(f => unitOf[f])], OasShrinkage.Lambda(own, EffectiveRows)) : null;
    }

    protected static Tensor Index(IReadOnlyList<int> indices) => tensor(indices.Select(i => (long)i).ToArray(), int64);
}
