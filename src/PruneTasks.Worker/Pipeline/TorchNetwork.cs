using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Baselines;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Native;
using PruneTasks.Torch.Pricing;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>The model in torch, with the calibration samples: measures prices and builds.</summary>
internal sealed partial class TorchNetwork : IDisposable
{
    private readonly PruneJob _job;
    private readonly PreparedModel _model;
    private readonly LoweredGraph _graph;
    private readonly CalibrationBatches _batches;
    private readonly WatchedOutputs _watched;
    private IReadOnlyList<PriceCurve>? _curves;

    private readonly TorchNetwork? _before;
    private readonly bool _aims;

    private TorchNetwork(PruneJob job, PreparedModel model, LoweredGraph graph, TorchNetwork? before, bool aims)
    {
        (_job, _model, _graph, _before, _aims) = (job, model, graph, before, aims);
        if (before is not null)
        {
            (_batches, Views) = (before._batches.For(model.Model.Graph), before.Views);
        }
        else
        {
            (CalibrationSet set, Views) = ViewMaker.Expand(job, model, graph);
            _batches = CalibrationBatches.Create(model.Model.Graph, set.WeightedBatches(BatchSize));
        }
        _watched = WatchedOutputs.Of(graph, SitePricing.Answers(job.Spec.Task), _batches);
    }

    /// <summary>Samples of one batch on its way through the network.</summary>
    private int BatchSize => CalibrationMemory.BatchSize(_model.Memory);

    /// <summary>Views beside the calibration samples.</summary>
    public ViewReport Views { get; }

    /// <summary>Prices that are known already, so that <see cref="Prices"/> measures none.</summary>
    public (IReadOnlyList<PriceCurve> Curves, PriceReport Report)? Known { get; init; }

    /// <summary>Lowers the model.</summary>
    /// <param name="job">The job.</param>
    /// <param name="model">The model.</param>
    /// <param name="before">The network before whole groups of heads went, whose samples and views are used; it has to live as long.</param>
    /// <param name="aims">Refits aim at what <paramref name="before"/> computes.</param>
    /// <param name="known">See <see cref="Known"/>.</param>
    /// <exception cref="PruneDiagnosticException">It has operators that cannot be computed.</exception>
    public static TorchNetwork Create(
        PruneJob job, PreparedModel model, TorchNetwork? before = null, bool aims = false, (IReadOnlyList<PriceCurve> Curves, PriceReport Report)? known = null)
    {
        LoweredGraph graph = LoweredGraph.Create(model.Model);
        if (graph.Refusals.Count == 0) return new TorchNetwork(job, model, graph, before, aims) { Known = known };
        string list = string.Join(", ", graph.Refusals.Select(r => r.ToString()));
        graph.Dispose();
        throw new PruneDiagnosticException(PruneDiagnostics.UnsupportedOperators.At(job.Spec.File, job.Spec.PlaceNear("model"), Path.GetFileName(job.ModelPath), list));
    }

    /// <summary>The price curve of every site: what the outputs that are watched lose when that site alone is narrowed.</summary>
    public (IReadOnlyList<PriceCurve> Curves, PriceReport Report) Prices(CancellationToken cancellation)
    {
        (IReadOnlyList<PriceCurve> curves, PriceReport report) = Known ?? SitePricing.Measure(_job, _model, _graph, _batches, _watched, ByProbes, cancellation);
        _curves = curves;
        return (curves, report);
    }

    /// <summary>What it costs to replace whole branches by their means; measured, whatever the source of the other prices.</summary>
    public IReadOnlyList<double> PricesOfNone(IReadOnlyList<PruneSite> sites, CancellationToken cancellation) =>
    [
        .. PriceMeter.Measure(
            _model.Model, _graph, sites, _batches,
            new PriceSettings { Output = _watched, Observation = SitePricing.Answers(_job.Spec.Task), Distinct = _job.Calibration.Count, Levels = [0] },
            cancellation).Curves.Select(curve => curve.Prices[0]),
    ];

    /// <summary>Builds in steps what the plan says, or as much of it as is accepted.</summary>
    public (SteppedBuild Build, StepReport Report) BuildInSteps(PrunePlan plan, CancellationToken cancellation) =>
        SteppedNetwork.Build(_job, _model, _graph, _batches, _watched, plan, _curves, SitePricing.Answers(_job.Spec.Task), cancellation);

    /// <summary>Builds what the plan says, by the method of the spec.</summary>
    public BuildResult Build(PrunePlan plan, CancellationToken cancellation) => BaselineMethod.Find(_job.Spec.Prune.Method) is { } baseline
        ? new BaselineBuilder(_model.Model, _graph, baseline, _job.Spec.Prune.Seed).Build(plan, _batches, cancellation)
        : new SequentialBuilder(_model.Model, _graph, _model.Shapes, new BuildSettings { Progress = _job.Progress.Step }) { Goal = _aims ? _before?._graph : null }.Build(plan, _batches, cancellation);

    /// <summary>Trains what was built, as the spec says.</summary>
    public (BuildResult Build, DistillReport Report) Distill(BuildResult build, CancellationToken cancellation) => Distilling.Run(_job, _graph, _batches, BatchSize, build, cancellation);

    /// <summary>What it costs that the spec asks for one thread, on as many samples of a batch as take little time.</summary>
    /// <param name="macs">Multiply-accumulates of one sample.</param>
    public ThreadCost CostOfOneThread(long macs)
    {
        if (macs > ThreadCost.MostMacs)
            return new(_job.ThreadsUnused, 1, null, null, FormattableString.Invariant($"a forward pass of one sample has {macs / 1e9:0.0} G multiply-accumulates, too many to repeat it"));
        int size = (int)Math.Clamp(ThreadCost.MostMacs / Math.Max(1, macs), 1, BatchSize);
        using CalibrationBatches some = CalibrationBatches.Create(_model.Model.Graph, _job.Calibration.WeightedBatches(size).Take(1));
        return ThreadCost.Measure(_graph, some, _watched, _job.ThreadsUnused);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_before is null) _batches.Dispose();
        _graph.Dispose();
    }
}
