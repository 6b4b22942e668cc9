using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Second half of a step at one layer: opens the gates of restored units, takes the committed ones away, and refits on what is left.</summary>
internal sealed class SettleLayer(BuildStep step, InferredShapes shapes, RefitContext context, Func<PruneSite, BufferedSite> state, LoweredGraph? anchor) : LayerWork
{
    private readonly (BufferedSite Site, FfnCompression Part)[] _neurons =
        [.. step.Sites.Where(s => s.Site is FfnSite).Select(s => (state(s.Site), (FfnCompression)SiteAccess.Compression(s.Site, shapes, context, state(s.Site).After.Live)))];

    private readonly RefitTarget? _heads = step.ValueOutput?.Site is ValueOutputSite { Attention.Output: { } output } ? RefitTarget.Of(output.Layer, shapes) : null;

    /// <inheritdoc/>
    public override Value[] Targets => [.. _neurons.SelectMany(n => n.Part.Targets), .. _heads?.Dense ?? []];

    /// <inheritdoc/>
    public override void Do(ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense)
    {
        foreach (BufferedSite site in step.Sites.Select(s => state(s.Site)))
        {
            site.Gate?.Scale(pruned.Graph, site.Settlement.Restored, 1 / StepSettings.Gate);
            site.Gate?.Clear(pruned.Graph, site.Settlement.Committed);
        }
        foreach ((BufferedSite site, FfnCompression part) in _neurons)
        {
            part.Gather(pruned, batch => dense(batch, part.Targets));
            site.Error = part.FitOn(pruned.Graph, site.After.Live, anchor);
        }
        if (_heads is null) return;
        BufferedSite values = state(step.ValueOutput!.Site);
        using Refit refit = LayerCompression.Gather(_heads, context, pruned, dense);
        values.Error = refit.Solve(pruned.Graph, LayerCompression.Rows((ValueOutputSite)values.Site, values.After.Live));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach ((_, FfnCompression part) in _neurons) part.Dispose();
    }
}
