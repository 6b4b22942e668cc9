using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Pipeline;

/// <summary>The model in torch, with the calibration samples: measures prices and builds.</summary>
internal sealed class TorchNetwork : IDisposable
{
    /// <summary>Samples of one batch on its way through the network.</summary>
    private const int BatchSize = 32;

    /// <summary>Multiply-accumulates that one pass over samples and views may take; larger models get fewer views, never fewer samples.</summary>
    private const long WorkPerPass = 400_000_000_000;

    private readonly PruneJob _job;
    private readonly PreparedModel _model;
    private readonly LoweredGraph _graph;
    private readonly CalibrationBatches _batches;

    private TorchNetwork(PruneJob job, PreparedModel model, LoweredGraph graph)
    {
        (_job, _model, _graph) = (job, model, graph);
        CalibrationSet set = job.Calibration;
        if (job.Spec.Image is { } image)
        {
            long affordable = WorkPerPass / Math.Max(1, CostModel.Of(model.Model, model.OneSample).Total.Macs);
            set = ImageViews.Expand(set, job.PersonalSamples, image.Layout == "nchw", (int)Math.Min(job.Spec.Prune.Views, affordable), job.Spec.Prune.Seed);
        }
        _batches = CalibrationBatches.Create(model.Model.Graph, set.Batches(BatchSize), set.Count);
    }

    /// <summary>Lowers the model.</summary>
    /// <exception cref="PruneDiagnosticException">It has operators that cannot be computed.</exception>
    public static TorchNetwork Create(PruneJob job, PreparedModel model)
    {
        LoweredGraph graph = LoweredGraph.Create(model.Model);
        if (graph.Refusals.Count == 0) return new TorchNetwork(job, model, graph);
        string list = string.Join(", ", graph.Refusals.Select(r => r.ToString()));
        graph.Dispose();
        throw new PruneDiagnosticException(PruneDiagnostics.UnsupportedOperators.At(job.Spec.File, job.Spec.PlaceNear("model"), Path.GetFileName(job.ModelPath), list));
    }

    /// <summary>The price curve of every site: what the first output loses when that site alone is narrowed.</summary>
    public IReadOnlyList<PriceCurve> Prices(CancellationToken cancellation) => PriceMeter.Measure(
        _model.Model, _graph, _model.Inventory.Sites, _batches,
        new PriceSettings
        {
            Output = _model.Model.Graph.Outputs[0],
            Observation = _job.Spec.Task is ModelTask.ImageClassification or ModelTask.TextClassification or ModelTask.CausalLanguageModel
                ? Observation.Divergence : Observation.SquaredError,
        },
        cancellation).Curves;

    /// <summary>Builds what the plan says.</summary>
    public BuildResult Build(PrunePlan plan, CancellationToken cancellation) =>
        new SequentialBuilder(_model.Model, _graph, _model.Shapes, new BuildSettings()).Build(plan, _batches, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _batches.Dispose();
        _graph.Dispose();
    }
}
