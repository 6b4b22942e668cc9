using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Narrows the sites of one layer to their planned widths, and refits the layer after the heads where values were cut.</summary>
/// <param name="step">The layer.</param>
/// <param name="shapes">To find residual sums.</param>
/// <param name="context">What refits share.</param>
/// <param name="live">Units of a site that earlier steps left, ascending; all by default and where it gives <see langword="null"/>.</param>
/// <param name="anchor">Holds the weights that the refit of feed-forward consumers pulls to; by default the network itself.</param>
internal sealed class LayerCompression(
    BuildStep step, InferredShapes shapes, RefitContext context, Func<PruneSite, IReadOnlyList<int>?>? live = null, LoweredGraph? anchor = null) : LayerWork
{
    private readonly SiteCompression[] _parts = [.. step.Sites.Select(s => SiteAccess.Compression(s.Site, shapes, context, live?.Invoke(s.Site), anchor))];
    private readonly ConsumerStatistics? _again = step.Again is { } layer ? ConsumerStatistics.Of(layer, ResidualSum.After(layer.Output, shapes), context, ChannelLimits.Build) : null;
    private readonly RefitTarget? _heads = step.ValueOutput?.Site is ValueOutputSite { Attention.Output: { } output } ? RefitTarget.Of(output.Layer, shapes) : null;

    /// <summary>What was done, in the order of the sites; complete after <see cref="Do"/>.</summary>
    public List<SiteOutcome> Outcomes { get; } = [];

    /// <inheritdoc/>
    public override Value[] Targets => [.. _parts.SelectMany(p => p.Targets), .. _again?.Dense ?? [], .. _heads?.Dense ?? []];

    /// <inheritdoc/>
    public override void Do(ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense)
    {
        if (_again is not null) Repair(_again, pruned, dense);
        SiteCompression.Gather(_parts, pruned, dense);
        foreach ((SiteCompression part, SitePlan plan) in _parts.Zip(step.Sites))
        {
            // A rank that was cut in an earlier step, and is not cut further, needs no new directions.
            (IReadOnlyList<int> kept, double error) = part is not FfnCompression && live?.Invoke(plan.Site)?.Count == plan.Keep
                ? ([.. Enumerable.Range(0, plan.Keep)], 0)
                : part.Apply(pruned.Graph, plan.Keep);
            Outcomes.Add(new SiteOutcome(new SiteRemoval(plan.Site, live?.Invoke(plan.Site) is { } units ? [.. kept.Select(k => units[k])] : kept), error));
        }
        // What the first layers behind channels read is final; those that stand further behind have a step of their own.
        foreach (ConsumerStatistics layer in _parts.OfType<ChannelCompression>().SelectMany(p => p.Layers)
            .Where(l => l.Tier != StatisticsTier.Windows && pruned.Graph.PositionOf(l.Layer.End.Node) == step.Position).DistinctBy(l => l.Layer.End.Node))
        {
            new OutputMatch(layer.Layer).Apply(pruned, dense);
        }
        if (_heads is null) return;
        int at = Outcomes.FindIndex(o => o.Removal.Site == step.ValueOutput!.Site);
        using Refit refit = new(_heads, context);
        // What stands before the layer after the heads does not change any more: the cut moves there in the run that gathers, or as far as no other step is passed.
        pruned.Advance(Math.Min(pruned.Graph.PositionOf(_heads.Layer.Node), step.Until), _heads.Pruned, (batch, seen) =>
        {
            if (pruned.Weight(batch) > 0) refit.Add([.. seen], [.. dense(batch, _heads.Dense)], pruned.Weight(batch));
        });
        double left = refit.Solve(pruned.Graph, Rows((ValueOutputSite)step.ValueOutput!.Site, Outcomes[at].Removal.Kept));
        Outcomes[at] = Outcomes[at] with { RelativeError = left };
    }

    /// <summary>Statistics for a refit of one layer, with the weights that the network has now.</summary>
    public static Refit Gather(RefitTarget target, RefitContext context, ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense)
    {
        Refit refit = new(target, context);
        for (int batch = 0; batch < pruned.Batches; batch++)
        {
            if (pruned.Weight(batch) == 0) continue;
            using DisposeScope scope = NewDisposeScope();
            refit.Add([.. pruned.Run(batch, target.Pruned)], [.. dense(batch, target.Dense)], pruned.Weight(batch));
        }
        return refit;
    }

    private static void Repair(ConsumerStatistics layer, ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense)
    {
        for (int batch = 0; batch < pruned.Batches; batch++)
        {
            if (pruned.Weight(batch) == 0) continue;
            using DisposeScope scope = NewDisposeScope();
            layer.Add([.. pruned.Run(batch, layer.Pruned)], [.. dense(batch, layer.Dense)], pruned.Weight(batch));
        }
        layer.Refit(pruned.Graph, static _ => true);
        if (layer.Tier != StatisticsTier.Windows) new OutputMatch(layer.Layer).Apply(pruned, dense);
    }

    /// <summary>Input rows of the layer after the heads that belong to units of a site, in all heads, ascending.</summary>
    public static int[] Rows(ValueOutputSite site, IReadOnlyList<int> units) => [.. site.Attention.Output!.Rows.SelectMany(head => units.Select(unit => head[unit])).Order()];

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (SiteCompression part in _parts) part.Dispose();
        _again?.Dispose();
    }
}
