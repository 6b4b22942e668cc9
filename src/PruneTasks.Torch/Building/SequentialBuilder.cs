using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
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

    /// <summary>What refits aim at instead of the network that the build starts from, which has lost something already: the same graph but for the inside of attention layers.</summary>
    public LoweredGraph? Goal { get; init; }

    /// <summary>Ranks, removes and refits site by site as <paramref name="plan"/> says.</summary>
    /// <param name="plan">Widths.</param>
    /// <param name="calibration">Samples for statistics and refits.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    public BuildResult Build(PrunePlan plan, CalibrationBatches calibration, CancellationToken cancellationToken)
    {
        using var off = no_grad();
        using LoweredGraph network = _denseGraph.Fork();
        RefitContext context = _settings.ContextFor(calibration.EffectiveSamples(), calibration.Batches.Count, _denseGraph);
        List<LayerCompression> layers = [];
        IReadOnlyList<BuildStep> steps = BuildStep.From(plan, _position);
        new LayerSweep(_denseGraph, network, calibration, Goal).Run(steps, Work, cancellationToken);
        return new BuildResult([.. layers.SelectMany(l => l.Outcomes)], plan.Sites.Where(s => s.Remove > 0).SelectMany(s => SiteAccess.Weights(s.Site))
            .Distinct().ToDictionary(v => v, v => LayerWeights.Export(network, v)));

        LayerWork Work(BuildStep step)
        {
            // What the layers before have got is final.
            network.Settle();
            _settings.Progress?.Invoke(layers.Count, steps.Count);
            LayerCompression layer = new(step, _shapes, context);
            layers.Add(layer);
            return layer;
        }
    }
}
