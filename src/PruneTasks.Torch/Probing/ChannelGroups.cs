using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Probing;

/// <summary>Groups of the channels of one site.</summary>
internal static class ChannelGroups
{
    /// <summary>Channels in groups of <paramref name="chunk"/>, neighbours in the order in which block elimination would take them; 1: each alone.</summary>
    public static IReadOnlyList<ProbeGroup> Of(
        ChannelSite site, LoweredGraph dense, ActivationStream stream, int chunk, double samples, IReadOnlyDictionary<Node, int> position)
    {
        using DisposeScope scope = NewDisposeScope();
        using ChannelCompression compression = new(site, null, new BuildSettings().ContextFor(samples, stream.Batches, dense), ChannelLimits.Prices);
        compression.Gather(stream, batch => stream.Run(batch, compression.Targets));
        int[] order = chunk > 1 ? compression.Order(dense) : [.. Enumerable.Range(0, site.Units)];
        ConsumerLayer?[] layers = [.. site.Consumers.Select(ConsumerLayer.Of)];
        Tensor?[] means = [.. layers.Select(l => l is null ? null : Means(l, stream))];
        int at = BuildStep.PositionOf(site, position);
        return [.. order.Chunk(Math.Max(1, chunk)).Select((units, k) => Group(units.ToHashSet(), k))];

        ProbeGroup Group(HashSet<int> units, int k) => new ChannelGroup($"{site.Name} {(chunk > 1 ? "chunk" : "channel")} {k}", at, [.. site.Consumers.Select((end, i) => new ChannelReader(
            end, units, layers[i] is { Bias: not null } layer ? Shift(layer, dense, means[i]!, units).DetachFromDisposeScope() : null))]);
    }

    /// <summary>[groups, channels] means of what a layer reads.</summary>
    public static Tensor Means(ConsumerLayer layer, ActivationStream stream)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor sum = zeros(layer.Groups * layer.Inputs, float64);
        double weight = 0;
        for (int batch = 0; batch < stream.Batches; batch++)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor x = stream.Run(batch, layer.Input)[0];
            Tensor rows = layer.HasRows ? x.reshape(-1, x.shape[^1]) : x.reshape(x.shape[0], x.shape[1], -1).transpose(1, 2).reshape(-1, x.shape[1]);
            sum.add_(rows.sum([0L], type: ScalarType.Float64), stream.Weight(batch).ToScalar());
            weight += rows.shape[0] * stream.Weight(batch);
        }
        return (sum / Math.Max(weight, double.Epsilon * 1e20)).reshape(layer.Groups, layer.Inputs).MoveToOuterDisposeScope();
    }

    /// <summary>[groups, outputs]: what the means of some units give, away from padding.</summary>
    public static Tensor Shift(ConsumerLayer layer, LoweredGraph network, Tensor means, IReadOnlySet<int> units)
    {
        using DisposeScope scope = NewDisposeScope();
        float[] chosen = [.. from g in Enumerable.Range(0, layer.Groups) from c in Enumerable.Range(0, layer.Inputs) select units.Contains(layer.UnitOf(g, c)) ? 1f : 0f];
        Tensor gone = means * tensor(chosen, dtype: float64).reshape(layer.Groups, layer.Inputs);
        Tensor taps = layer.Weight(network).reshape(layer.Groups, layer.Inputs, layer.Taps, layer.Outputs).sum([2L]);
        return gone.unsqueeze(1).bmm(taps).squeeze(1).MoveToOuterDisposeScope();
    }
}
