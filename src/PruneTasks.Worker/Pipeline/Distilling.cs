using System.Globalization;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Distillation;
using PruneTasks.Torch.Lowering;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Trains after the build where the spec asks for it, and says what that did.</summary>
internal static class Distilling
{
    /// <summary>Trains what <paramref name="build"/> gave.</summary>
    /// <param name="job">Spec, held-out samples and log.</param>
    /// <param name="graph">The dense network; not changed.</param>
    /// <param name="batches">Samples and views.</param>
    /// <param name="batchSize">Samples of one run of the held-out ones.</param>
    /// <param name="build">The build.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public static (BuildResult Build, DistillReport Report) Run(PruneJob job, LoweredGraph graph, CalibrationBatches batches, int batchSize, BuildResult build, CancellationToken cancellation)
    {
        using CalibrationBatches? holdOut = job.HoldOut is { } set ? CalibrationBatches.Create(graph.Graph, set.WeightedBatches(batchSize)) : null;
        (BuildResult trained, DistillOutcome outcome) = DistilledBuild.Refine(build, graph, For(job, graph, batches, holdOut), cancellation);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"distilled {outcome.Steps} steps, {outcome.Samples} samples: loss {outcome.LossBefore:G4} → {outcome.LossAfter:G4}"));
        return (trained, new DistillReport
        {
            Asked = job.Spec.Prune.Distill.Steps,
            Steps = outcome.Steps,
            Fit = (outcome.LossBefore, outcome.LossAfter),
            HoldOut = outcome is { HoldOutBefore: { } before, HoldOutAfter: { } after } ? (before, after) : null,
            HoldOutSamples = outcome.HoldOutSamples,
            Veto = outcome.HoldOutSamples >= Distiller.VetoSamples,
            Parameters = outcome.Parameters,
            Samples = outcome.Samples,
            Kept = outcome.Changed.Count > 0,
            Remarks = outcome.Remarks,
        });
    }

    /// <summary>A warning if training is asked for where nothing was removed.</summary>
    public static IEnumerable<PruneDiagnostic> Idle(PruneJob job) => job.Spec.Prune.Distill.Steps == 0
        ? []
        : [PruneDiagnostics.NoEffect.At(job.Spec.File, job.Spec.PlaceNear("prune.distill.steps"), "prune.distill.steps", "nothing was removed, so there is nothing to win back")];

    /// <summary>What trains as the spec says; also between the steps of a build.</summary>
    public static Distiller For(PruneJob job, LoweredGraph graph, CalibrationBatches batches, CalibrationBatches? holdOut) => new(
        graph, batches, holdOut, new DistillOptions { Steps = job.Spec.Prune.Distill.Steps, Observation = SitePricing.Answers(job.Spec.Task), Seed = job.Spec.Prune.Seed, Progress = job.Progress.Step });
}
