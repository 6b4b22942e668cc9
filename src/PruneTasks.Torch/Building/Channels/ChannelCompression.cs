using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Channels: they go in the order of block elimination over all layers that read them, and these layers are refitted on what is left. Layers that cannot be refitted
/// get zeros, and rank by the share of their weights.
/// </summary>
internal sealed class ChannelCompression : SiteCompression
{
    private readonly ChannelSite _site;
    private readonly ConsumerStatistics[] _layers;
    private readonly ChannelEnd[] _masked;
    private ObsRanking? _ranking;

    /// <summary>Prepares.</summary>
    /// <param name="site">The site.</param>
    /// <param name="shapes">To find residual sums; <see langword="null"/> to aim at the layers' own outputs.</param>
    /// <param name="context">What refits share.</param>
    /// <param name="limits">What statistics may cost.</param>
    public ChannelCompression(ChannelSite site, InferredShapes? shapes, RefitContext context, ChannelLimits limits)
    {
        _site = site;
        ConsumerLayer?[] layers = [.. site.Consumers.Select(ConsumerLayer.Of)];
        // A weight that is used in several places is one layer.
        _layers = [.. layers.OfType<ConsumerLayer>().DistinctBy(l => l.End.Weight).Select(l => ConsumerStatistics.Of(l, shapes is null ? null : ResidualSum.After(l.Output, shapes), context, limits))];
        _masked = [.. site.Consumers.Where((_, i) => layers[i] is null)];
    }

    public override Value[] Inputs => [.. _layers.SelectMany(l => l.Pruned)];

    public override Value[] Targets => [.. _layers.SelectMany(l => l.Dense)];

    /// <summary>Statistics of the layers that are refitted.</summary>
    public IReadOnlyList<ConsumerStatistics> Layers => _layers;

    public override void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, double weight)
    {
        foreach (ConsumerStatistics layer in _layers)
        {
            (int pruned, int dense) = (layer.Pruned.Length, layer.Dense.Length);
            layer.Add(inputs[..pruned], targets[..dense], weight);
            inputs = inputs[pruned..];
            targets = targets[dense..];
        }
    }

    /// <summary>Units in the order in which they would go.</summary>
    public int[] Order(LoweredGraph network) => Ranking(network).Order;

    public override double[] Errors(LoweredGraph network) => [.. Enumerable.Reverse(Ranking(network).Errors)];

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        bool[] gone = new bool[_site.Units];
        foreach (int unit in Ranking(network).Order.Take(_site.Units - keep)) gone[unit] = true;
        double worst = _layers.Select(l => l.Refit(network, unit => !gone[unit])).DefaultIfEmpty(0).Max();
        foreach (ChannelEnd end in _masked) ChannelMask.Clear(network, end, unit => !gone[unit]);
        return ([.. Enumerable.Range(0, _site.Units).Where(unit => !gone[unit])], worst);
    }

    public override void Dispose()
    {
        foreach (ConsumerStatistics layer in _layers) layer.Dispose();
    }

    private ObsRanking Ranking(LoweredGraph network)
    {
        if (_ranking is not null) return _ranking;
        using DisposeScope scope = NewDisposeScope();
        var constant = new double[_site.Units];
        foreach (ConsumerStatistics layer in _layers) layer.AddConstant(network, constant);
        foreach (ChannelEnd end in _masked)
            constant = [.. constant.Zip(ChannelMask.Shares(network, end, _site.Units), (cost, share) => cost + share)];
        return _ranking = BlockElimination.Rank(_site.Units, [.. _layers.SelectMany(l => l.Parts(network))], constant);
    }
}
