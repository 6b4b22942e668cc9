using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Probing;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>Channels by score, the scores of all layers that read them added up; the mean of what has gone is folded into the biases if the method does so.</summary>
internal sealed class ChannelBaseline : BaselineSite
{
    private readonly ChannelSite _site;
    private readonly BaselineMethod _method;
    private readonly Random _random;
    private readonly ConsumerLayer[] _layers;
    private readonly UnitStatistics[] _inputs;

    /// <summary>Prepares.</summary>
    /// <exception cref="ArgumentException">The method has no form for channels.</exception>
    public ChannelBaseline(ChannelSite site, BaselineMethod method, Random random)
    {
        if (!method.TakesChannels) throw new ArgumentException($"'{method.Name}' has no form for channels", nameof(method));
        (_site, _method, _random) = (site, method, random);
        _layers = [.. site.Consumers.Select(ConsumerLayer.Of).OfType<ConsumerLayer>()];
        _inputs = [.. _layers.Select(l => new UnitStatistics(l.Groups * l.Inputs, variances: true))];
    }

    public override Value[] Inputs => [.. _layers.Select(l => l.Input)];

    public override void Add(IReadOnlyList<Tensor> inputs, double weight)
    {
        for (int i = 0; i < _layers.Length; i++)
        {
            Tensor x = inputs[i];
            _inputs[i].Add(_layers[i].HasRows ? x : x.reshape(x.shape[0], x.shape[1], -1).transpose(1, 2), weight);
        }
    }

    public override (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep)
    {
        using DisposeScope scope = NewDisposeScope();
        int[] kept = Best(_method.Units(Facts(network)), keep);
        HashSet<int> stay = [.. kept], gone = [.. Enumerable.Range(0, _site.Units).Except(kept)];
        double worst = 0;
        for (int i = 0; i < _layers.Length; i++)
        {
            ConsumerLayer layer = _layers[i];
            Tensor means = _inputs[i].Mean().reshape(layer.Groups, layer.Inputs), old = layer.Weight(network);
            if (_method.Repair == UnitRepair.Mean && layer.Bias is not null) layer.SetBias(network, layer.BiasOf(network) + ChannelGroups.Shift(layer, network, means, gone));
            ChannelMask.Clear(network, layer.End, stay.Contains);
            Tensor power = _inputs[i].Variance().reshape(layer.Groups, layer.Inputs), all = Power(layer, old, power), left = Power(layer, layer.Weight(network), power);
            worst = Math.Max(worst, all.item<double>() > 0 ? 1 - (left / all).item<double>() : 0);
        }
        foreach (ChannelEnd end in _site.Consumers.Where(end => ConsumerLayer.Of(end) is null)) ChannelMask.Clear(network, end, stay.Contains);
        return (kept, worst);
    }

    public override void Dispose()
    {
        foreach (UnitStatistics statistics in _inputs) statistics.Dispose();
    }

    private UnitFacts Facts(LoweredGraph network)
    {
        Tensor norm = zeros(_site.Units, float64), sum = zeros(_site.Units, float64), second = zeros(_site.Units, float64), variance = zeros(_site.Units, float64), activity = zeros(_site.Units, float64);
        Tensor made = zeros(_site.Units, float64), count = zeros(_site.Units, float64);
        foreach (ChannelEnd end in _site.Producers) Add(made, end.UnitOf, Along(network, end).square().sum([1L]));
        foreach (ChannelEnd end in _site.Consumers)
        {
            Tensor rows = Along(network, end);
            Add(norm, end.UnitOf, rows.square().sum([1L]));
            Add(sum, end.UnitOf, rows.abs().sum([1L]));
        }
        for (int i = 0; i < _layers.Length; i++)
        {
            ConsumerLayer layer = _layers[i];
            int[] units = [.. from g in Enumerable.Range(0, layer.Groups) from c in Enumerable.Range(0, layer.Inputs) select layer.UnitOf(g, c)];
            Add(second, units, _inputs[i].SecondMoment());
            Add(variance, units, _inputs[i].Variance());
            Add(activity, units, _inputs[i].Activity());
            Add(count, units, ones(units.Length, float64));
        }
        count = count.clamp_min(1.0);
        return new UnitFacts(made.sqrt(), norm.sqrt(), sum, second / count, variance / count, activity / count, _random);
    }

    private static void Add(Tensor units, IReadOnlyList<int> unitOf, Tensor values)
    {
        int[] mine = [.. Enumerable.Range(0, unitOf.Count).Where(c => unitOf[c] >= 0)];
        if (mine.Length > 0) units.index_add_(0, LinearRepair.Index([.. mine.Select(c => unitOf[c])]), values.index_select(0, LinearRepair.Index(mine)), 1);
    }

    /// <summary>[coordinates along the units, all others].</summary>
    private static Tensor Along(LoweredGraph network, ChannelEnd end)
    {
        Tensor weight = network.Weight(end.Weight).to(float64);
        return weight.transpose(0, end.WeightAxis).reshape(weight.shape[end.WeightAxis], -1);
    }

    private static Tensor Power(ConsumerLayer layer, Tensor weight, Tensor variance) =>
        (variance * weight.reshape(layer.Groups, layer.Inputs, -1).square().sum([2L])).sum();
}
