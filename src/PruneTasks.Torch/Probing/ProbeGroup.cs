using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Probing;

/// <summary>What a probe can switch off: it knows the change of weights that does so, computed once.</summary>
public abstract class ProbeGroup : IDisposable
{
    private protected ProbeGroup(string name, int position) => (Name, Position) = (name, position);

    /// <summary>Name for reports.</summary>
    public string Name { get; }

    /// <summary>Index of the first node whose result changes.</summary>
    public int Position { get; }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Gives <paramref name="changed"/>, a fork of <paramref name="dense"/>, the weights under which all of <paramref name="groups"/> are off.</summary>
    internal static void Apply(LoweredGraph dense, LoweredGraph changed, IReadOnlyList<ProbeGroup> groups)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (IGrouping<Value, (Value Weight, Tensor Content)> weight in groups.OfType<SiteGroup>().SelectMany(g => g.Contents).GroupBy(c => c.Weight))
        {
            Tensor[] contents = [.. weight.Select(c => c.Content)];
            // Sites of one packed layer change different columns of one weight: their changes add up. What one of them takes away stays away.
            Tensor old = dense.Weight(weight.Key);
            changed.SetWeight(weight.Key, contents.Length == 1 ? contents[0]
                : contents.Aggregate(old, (sum, content) => sum + (content - old)) * contents.Select(content => content.ne(0).to(old.dtype)).Aggregate((a, b) => a * b));
        }
        foreach (IGrouping<Value, (LinearView Layer, int[] Rows, Tensor Mean)> layer in groups.OfType<RowGroup>().SelectMany(g => g.Readers).GroupBy(r => r.Layer.Output))
        {
            LinearView view = layer.First().Layer;
            Tensor rows = tensor(layer.SelectMany(r => r.Rows).Select(r => (long)r).ToArray()), means = cat([.. layer.Select(r => r.Mean)]);
            Tensor weight = LayerWeights.Weight(dense, view);
            LayerWeights.SetBias(changed, view, LayerWeights.Bias(dense, view) + means.matmul(weight.index_select(0, rows)));
            LayerWeights.SetWeight(changed, view, weight.index_fill(0, rows, 0));
        }
        foreach (IGrouping<Value, ChannelReader> layer in groups.OfType<ChannelGroup>().SelectMany(g => g.Readers).GroupBy(r => r.End.Weight))
        {
            foreach (ChannelReader reader in layer)
            {
                ChannelMask.Clear(changed, reader.End, unit => !reader.Gone.Contains(unit));
                if (reader.Shift is { } shift && ConsumerLayer.Of(reader.End) is { } view) view.SetBias(changed, view.BiasOf(changed) + shift);
            }
        }
    }
}

/// <summary>A site compressed in closed form to some width.</summary>
internal sealed class SiteGroup(string name, int position, IReadOnlyList<(Value Weight, Tensor Content)> contents) : ProbeGroup(name, position)
{
    /// <summary>New contents of the weights that change.</summary>
    public IReadOnlyList<(Value Weight, Tensor Content)> Contents => contents;

    public override void Dispose()
    {
        foreach ((_, Tensor content) in contents) content.Dispose();
    }
}

/// <summary>Units whose value is replaced by its mean over the calibration samples: the rows of the layers that read them go, the mean is folded into the bias.</summary>
/// <remarks>The mean, not zero: with zero the change of the mean hides what the units carry (docs/decisions/0011).</remarks>
internal sealed class RowGroup(string name, int position, IReadOnlyList<(LinearView Layer, int[] Rows, Tensor Mean)> readers) : ProbeGroup(name, position)
{
    /// <summary>For each layer that reads the units: its rows, and the units' means.</summary>
    public IReadOnlyList<(LinearView Layer, int[] Rows, Tensor Mean)> Readers => readers;

    public override void Dispose()
    {
        foreach ((_, _, Tensor mean) in readers) mean.Dispose();
    }
}

/// <summary>Channels of a site that go from one layer that reads them.</summary>
/// <param name="End">The layer.</param>
/// <param name="Gone">The units.</param>
/// <param name="Shift">[groups, outputs] what their means give, to be folded into the bias; <see langword="null"/> where the layer takes none.</param>
internal sealed record ChannelReader(ChannelEnd End, IReadOnlySet<int> Gone, Tensor? Shift);

/// <summary>Channels whose value is replaced by its mean over the calibration samples, in all layers that read them; at the borders of padded maps that is an approximation.</summary>
internal sealed class ChannelGroup(string name, int position, IReadOnlyList<ChannelReader> readers) : ProbeGroup(name, position)
{
    /// <summary>The layers.</summary>
    public IReadOnlyList<ChannelReader> Readers => readers;

    public override void Dispose()
    {
        foreach (ChannelReader reader in readers) reader.Shift?.Dispose();
    }
}
