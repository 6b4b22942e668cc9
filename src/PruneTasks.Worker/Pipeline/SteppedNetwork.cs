using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Worker.Checkpoints;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Builds in steps as <c>prune.buffer</c> says.</summary>
internal static class SteppedNetwork
{
    /// <summary>Builds.</summary>
    /// <param name="job">The job.</param>
    /// <param name="model">The sites.</param>
    /// <param name="graph">The dense network.</param>
    /// <param name="calibration">Samples for statistics and refits.</param>
    /// <param name="watched">What the steps are judged by.</param>
    /// <param name="plan">Widths in the end.</param>
    /// <param name="curves">Prices of the sites of the plan, where they were measured.</param>
    /// <param name="observation">How answers are compared.</param>
    /// <param name="cancellation">Ends it; accepted steps stay in the checkpoint.</param>
    public static (SteppedBuild Build, StepReport Report) Build(
        PruneJob job, PreparedModel model, LoweredGraph graph, CalibrationBatches calibration, WatchedOutputs watched, PrunePlan plan, IReadOnlyList<PriceCurve>? curves, Observation observation,
        CancellationToken cancellation)
    {
        PruneSettings settings = job.Spec.Prune;
        int batchSize = CalibrationMemory.BatchSize(model.Memory);
        using HoldOutProbe? holdOut = job.HoldOut is not { } set ? null : new HoldOutProbe(
            graph, CalibrationBatches.Create(model.Model.Graph, set.WeightedBatches(batchSize)), watched, observation, [.. set.Samples.Select(s => s.Label)]);
        StepSettings steps = new(settings.Buffer.Steps, settings.Buffer.Capacity) { Align = settings.Align, Limits = Limits(job.Spec.Quality), Seed = settings.Seed };
        SteppedBuild build = new StepBuilder(model.Model, graph, model.Shapes, new BuildSettings(), steps).Build(
            plan, calibration,
            new StepSupport
            {
                HoldOut = holdOut,
                Expected = widths => curves is null ? null : widths.Sites.Zip(curves, (site, curve) => curve.Prices[site.Keep]).Sum(),
                Training = settings.Distill.Steps > 0 ? Train : null,
                Store = job.Checkpoint is { } folder ? new CheckpointFolder(folder, CheckpointKey.Of(job), job.Log) : null,
                Log = job.Log,
            },
            cancellation);
        return (build, Report());

        void Train(LoweredGraph network, IReadOnlyList<SiteRemoval> removals, int step, CancellationToken token)
        {
            using CalibrationBatches? held = job.HoldOut is { } samples ? CalibrationBatches.Create(model.Model.Graph, samples.WeightedBatches(batchSize)) : null;
            Distilling.For(job, graph, calibration, held).Train(network, [.. removals.Select(r => r.Site)], token);
        }

        StepReport Report() => new(
            steps.Steps, steps.Capacity, holdOut?.Samples ?? 0, observation == Observation.Divergence ? "kl" : "nmse", plan.Dense, build.Complete, build.Outcomes);
    }

    /// <summary>The part of the contract that a step can be held against.</summary>
    public static StepLimits Limits(QualityContract? quality) => quality?.Metric switch
    {
        "kl" => new StepLimits(quality.MaxDrop, null, false),
        "top1" => new StepLimits(null, quality.MaxDrop, false),
        "agreement" => new StepLimits(null, quality.MaxDrop, true),
        _ => StepLimits.None,
    };
}
