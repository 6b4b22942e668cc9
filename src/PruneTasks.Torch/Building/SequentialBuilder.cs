using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Builds the pruned network from the first layer to the last. Two streams of activations run side by side: the dense one gives the
/// targets, the one already pruned gives the inputs, so that each refit also repairs what earlier steps did to the residual stream.
/// </summary>
public sealed class SequentialBuilder
{
    private readonly LoweredGraph _denseGraph;
    private readonly InferredShapes _shapes;
    private readonly BuildSettings _settings;
    private readonly Dictionary<Node, int> _position;

    /// <summary>Prepares a build; <paramref name="dense"/> is not changed.</summary>
    public SequentialBuilder(OnnxModel model, LoweredGraph dense, InferredShapes shapes, BuildSettings settings)
    {
        (_denseGraph, _shapes, _settings) = (dense, shapes, settings);
        _position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
    }

    /// <summary>Ranks, removes and refits site by site as <paramref name="plan"/> says.</summary>
    /// <param name="plan">Widths.</param>
    /// <param name="calibration">Samples for statistics and refits.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    public BuildResult Build(PrunePlan plan, CalibrationBatches calibration, CancellationToken cancellationToken)
    {
        using var off = no_grad();
        using LoweredGraph network = _denseGraph.Fork();
        using ActivationStream dense = new(_denseGraph, calibration), pruned = new(network, calibration);
        RefitContext context = _settings.ContextFor(calibration.Samples);
        List<SiteOutcome> outcomes = [];
        IReadOnlyList<BuildStep> steps = BuildStep.From(plan, _position);
        for (int i = 0; i < steps.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            pruned.Advance(steps[i].Position);
            if (i == 0) dense.Advance(steps[i].Position);
            outcomes.AddRange(Compress(steps[i], dense, i + 1 < steps.Count ? steps[i + 1].Position : steps[i].Position, pruned, context));
        }
        return new BuildResult(outcomes, plan.Sites.Where(s => s.Remove > 0).SelectMany(s => SiteAccess.Changed(s.Site)).SelectMany(LayerWeights.Of)
            .Distinct().ToDictionary(v => v, v => LayerWeights.Export(network, v)));
    }

    /// <summary>Compresses the sites of one step and moves the dense stream on to the next one, in one run with the targets.</summary>
    private List<SiteOutcome> Compress(BuildStep step, ActivationStream dense, int next, ActivationStream pruned, RefitContext context)
    {
        SiteCompression[] parts = [.. step.Sites.Select(s => SiteAccess.Compression(s.Site, _shapes, context))];
        HeadOutput? heads = (step.ValueOutput?.Site as ValueOutputSite)?.Attention.Output;
        RefitTarget? target = heads is null ? null : RefitTarget.Of(heads.Layer, _shapes);
        Value[] wanted = [.. parts.SelectMany(p => p.Targets).Concat(target?.Dense ?? []).Distinct()];
        IReadOnlyList<IReadOnlyList<Tensor>> captured = dense.Advance(next, wanted);

        foreach (SiteCompression part in parts) part.Gather(pruned, batch => Captured(batch, part.Targets));
        List<SiteOutcome> outcomes = [];
        foreach ((SiteCompression part, SitePlan plan) in parts.Zip(step.Sites))
        {
            (IReadOnlyList<int> kept, double error) = part.Apply(pruned.Graph, plan.Keep);
            part.Dispose();
            outcomes.Add(new SiteOutcome(new SiteRemoval(plan.Site, kept), error));
        }
        if (target is null || heads is null || step.ValueOutput is not { } cut) return outcomes;

        using Refit refit = new(target, context);
        for (int batch = 0; batch < pruned.Batches; batch++)
        {
            using DisposeScope scope = NewDisposeScope();
            refit.Add([.. pruned.Run(batch, target.Pruned)], [.. Captured(batch, target.Dense)]);
        }
        double left = refit.Solve(pruned.Graph, [.. heads.Rows.SelectMany(h => h.Take(cut.Keep)).Order()]);
        return [.. outcomes.Select(o => o.Removal.Site == cut.Site ? o with { RelativeError = left } : o)];

        IReadOnlyList<Tensor> Captured(int batch, Value[] values) => [.. values.Select(v => captured[batch][Array.IndexOf(wanted, v)])];
    }
}
