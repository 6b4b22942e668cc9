using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Report;
using PruneTasks.Worker.Timing;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What was decided, and what was found out on the way.</summary>
/// <param name="Outcome">The plan.</param>
/// <param name="Prices">Prices behind it, with the widths chosen; null if it needed none.</param>
/// <param name="Additivity">Whether they add up; null where none were measured.</param>
/// <param name="Partition">Personal and common sites; null without common data.</param>
internal sealed record Decision(PlanOutcome Outcome, PriceReport? Prices, AdditivityReport? Additivity, PartitionReport? Partition);

/// <summary>From measurements to a width for every site: gives <see cref="PlanMaker"/> what it may ask for, and times each piece of it.</summary>
internal static class PlanStage
{
    /// <summary>Decides.</summary>
    /// <param name="job">The job.</param>
    /// <param name="model">The sites.</param>
    /// <param name="network">The model in torch; null without sites.</param>
    /// <param name="left">What is left of the dense model.</param>
    /// <param name="oneSample">Shapes of the inputs of one sample.</param>
    /// <param name="stages">Times the pieces.</param>
    /// <param name="warnings">Gets warnings.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Decision Run(
        PruneJob job, PreparedModel model, TorchNetwork? network, ModelShare left, ShapeBinding oneSample, StageClock stages, List<PruneDiagnostic> warnings, CancellationToken cancellation)
    {
        PartitionReport? partition = PartitionStage.Run(job, network, run => stages.Run("tell personal from common", run), cancellation);
        PriceReport? prices = null;
        AdditivityReport? additivity = null;
        PlanWork work = new(
            () => stages.Run("measure prices", () =>
            {
                (IReadOnlyList<PriceCurve> curves, prices) = network!.Prices(cancellation);
                return curves;
            }),
            candidate => stages.Run("build", () => network!.Build(candidate, cancellation)),
            setup => stages.Run("measure times of widths", () => LatencyTables.Of(
                job.Model, model, oneSample, setup, OrtEnv.Instance().GetVersionString(), new OrtTimer(job.Calibration.Batches(1).First(), cancellation), LatencyCache.Default())))
        {
            None = sites => stages.Run("price whole modules", () => network!.PricesOfNone(sites, cancellation)),
            Least = partition?.LeastWidths(job.Spec.Prune.Partition),
            Check = (candidate, curves, again) => stages.Run("check prices", () =>
            {
                (additivity, IReadOnlyList<PriceCurve>? repriced) = network!.CheckPrices(candidate, curves, again, cancellation);
                if (repriced is not null && prices is not null) prices = prices with { Sites = [.. prices.Sites.Zip(repriced, (price, curve) => price with { Curve = curve.Prices })] };
                return repriced;
            }),
        };
        PlanOutcome outcome = PlanMaker.Make(job, model, left, work, warnings, cancellation);
        warnings.AddRange(SitePricing.Idle(job, measured: prices is not null));
        return new Decision(
            outcome, prices is null ? null : prices with { Sites = [.. prices.Sites.Zip(outcome.Plan.Sites, (price, site) => price with { Kept = site.Keep })] }, additivity, partition);
    }
}
