using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What was built.</summary>
/// <param name="Build">Removals and weights.</param>
/// <param name="Plan">The plan that was reached: in steps perhaps less than was wanted.</param>
/// <param name="Steps">The steps; null if it was built in one.</param>
/// <param name="Distill">Training after the build; null if the spec asks for none.</param>
internal sealed record Built(BuildResult Build, PrunePlan Plan, StepReport? Steps, DistillReport? Distill);

/// <summary>Builds a plan in one way through the network or in steps, and trains afterwards where that is asked for.</summary>
internal static class BuildStage
{
    /// <summary>Builds.</summary>
    /// <param name="job">The job.</param>
    /// <param name="network">The model in torch.</param>
    /// <param name="planned">The plan, perhaps built already while deciding.</param>
    /// <param name="stages">Times it.</param>
    /// <param name="warnings">Gets a warning where steps stop early or a setting cannot act.</param>
    /// <param name="cancellation">Ends it; accepted steps are kept.</param>
    public static Built Run(PruneJob job, TorchNetwork network, PlanOutcome planned, StageClock stages, List<PruneDiagnostic> warnings, CancellationToken cancellation)
    {
        warnings.AddRange(Idle(job, planned.Plan));
        Built built = !InSteps(job, planned.Plan)
            ? new(planned.Build ?? stages.Run("build", () => network.Build(planned.Plan, cancellation)), planned.Plan, null, null)
            : stages.Run("build", () => Steps(job, network, planned.Plan, warnings, cancellation));
        if (job.Spec.Prune.Distill.Steps == 0) return built;
        (BuildResult trained, DistillReport? distill) = stages.Run("distil", () => network.Distill(built.Build, cancellation));
        return built with { Build = trained, Distill = distill };
    }

    private static Built Steps(PruneJob job, TorchNetwork network, PrunePlan plan, List<PruneDiagnostic> warnings, CancellationToken cancellation)
    {
        (SteppedBuild stepped, StepReport steps) = network.BuildInSteps(plan, cancellation);
        if (!stepped.Complete)
        {
            warnings.Add(PruneDiagnostics.StepsStopped.At(
                job.Spec.File, job.Spec.PlaceNear("prune.buffer"), Share(stepped.Plan), Share(plan), steps.Attempts.LastOrDefault(a => !a.Verdict.Accepted)?.Verdict.Reason ?? ""));
        }
        return new(stepped.Build, stepped.Plan, steps, null);

        static string Share(PrunePlan plan) => FormattableString.Invariant($"{100.0 * (plan.Dense.Macs - plan.Pruned.Macs) / Math.Max(1, plan.Dense.Macs):0.0} %");
    }

    /// <summary>A buffer that is asked for, but cannot act.</summary>
    private static IEnumerable<PruneDiagnostic> Idle(PruneJob job, PrunePlan plan)
    {
        PruneSettings settings = job.Spec.Prune;
        if (InSteps(job, plan)) return [];
        if (settings is { Method: "sequential", Buffer.Steps: > 1 }) return [NoEffect("prune.buffer.steps", "channels are taken in one step, and all that the plan cuts with them")];
        if (settings.Buffer.Steps > 1) return [NoEffect("prune.buffer.steps", $"method '{settings.Method}' builds in one step")];
        return settings.Buffer.Capacity == new PruneSettings().Buffer.Capacity ? [] : [NoEffect("prune.buffer.capacity", "a build in one step has no buffer; set prune.buffer.steps")];

        PruneDiagnostic NoEffect(string key, string why) => PruneDiagnostics.NoEffect.At(job.Spec.File, job.Spec.PlaceNear(key), key, why);
    }

    // Channels are ranked over layers far apart, whose later repairs a step that is rolled back would have to undo one by one.
    private static bool InSteps(PruneJob job, PrunePlan plan) =>
        job.Spec.Prune is { Method: "sequential", Buffer.Steps: > 1 } && !plan.Sites.Any(s => s.Remove > 0 && s.Site is ChannelSite);
}
