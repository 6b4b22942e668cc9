using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>
/// Builds what a plan says by a <see cref="BaselineMethod"/>: every layer by itself, on the activations of the dense network. The result is removed
/// and verified like that of <see cref="SequentialBuilder"/>.
/// </summary>
public sealed class BaselineBuilder
{
    private readonly LoweredGraph _dense;
    private readonly BaselineMethod _method;
    private readonly int _seed;
    private readonly Dictionary<Node, int> _position;

    /// <summary>Prepares a build; <paramref name="dense"/> is not changed.</summary>
    public BaselineBuilder(OnnxModel model, LoweredGraph dense, BaselineMethod method, int seed)
    {
        (_dense, _method, _seed) = (dense, method, seed);
        _position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
    }

    /// <summary>Chooses, removes and repairs.</summary>
    /// <param name="plan">Widths.</param>
    /// <param name="calibration">Samples for statistics.</param>
    /// <param name="cancellationToken">Looked at between layers.</param>
    public BuildResult Build(PrunePlan plan, CalibrationBatches calibration, CancellationToken cancellationToken)
    {
        using var off = no_grad();
        using LoweredGraph network = _dense.Fork();
        using ActivationStream stream = new(_dense, calibration);
        Random random = new(_seed);
        List<SiteOutcome> outcomes = [];
        foreach (BuildStep step in BuildStep.From(plan, _position))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            stream.Advance(step.Position);
            BaselineSite[] sites = [.. step.Sites.Select(s => BaselineSite.For(s.Site, _method, random))];
            Value[] wanted = [.. sites.SelectMany(s => s.Inputs).Distinct()];
            for (int batch = 0; batch < stream.Batches; batch++)
            {
                using DisposeScope inner = NewDisposeScope();
                IReadOnlyList<Tensor> values = stream.Run(batch, wanted);
                foreach (BaselineSite site in sites) site.Add([.. site.Inputs.Select(v => values[Array.IndexOf(wanted, v)])], calibration.Weight(batch));
            }
            foreach ((BaselineSite site, SitePlan cut) in sites.Zip(step.Sites))
            {
                (IReadOnlyList<int> kept, double error) = site.Apply(network, cut.Keep);
                site.Dispose();
                outcomes.Add(new SiteOutcome(new SiteRemoval(cut.Site, kept), error));
            }
        }
        return new BuildResult(outcomes, plan.Sites.Where(s => s.Remove > 0).SelectMany(s => SiteAccess.Weights(s.Site))
            .Distinct().ToDictionary(v => v, v => LayerWeights.Export(network, v)));
    }
}
