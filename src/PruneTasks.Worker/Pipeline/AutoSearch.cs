using System.Globalization;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary><c>budget: auto</c> with real builds.</summary>
internal static class AutoSearch
{
    /// <summary>Nominal rate by which <c>prune.time</c> becomes work: multiply-accumulates in a minute.</summary>
    private const double MacsPerMinute = 60 * 20e9;

    /// <summary>Passes over all calibration samples and views that one build takes, roughly.</summary>
    private const double PassesPerBuild = 3;

    private const int MostBuilds = 6;

    /// <summary>Finds the plan; it comes with its build, unless nothing can go.</summary>
    /// <exception cref="PruneDiagnosticException">The metric does not exist for these models.</exception>
    public static PlanOutcome Run(PruneJob job, PlanSetup setup, PricedSite[] priced, PlanWork work, TrialRuns trials, ModuleChoice modules, CancellationToken cancellation)
    {
        QualityContract contract = job.Spec.Quality ?? throw new InvalidOperationException("a budget of auto comes with a contract");
        BudgetCurve curve = BudgetCurve.Of(setup, priced);
        int builds = Builds(job, setup);
        (Built? best, _, IReadOnlyList<AutoTrial> tried) = AutoBudget.Search(curve, contract.MaxDrop, BudgetCurve.Exponent(contract.Metric), builds, Try);
        PrunePlan plan = best?.Plan ?? setup.Nothing();
        PrunePlan uniform = UniformPlanner.ByBudget(setup.Sites, setup.Dense, setup.Bounds(setup.MacsShare(plan)), setup.Options).Plan;
        BudgetReport report = BudgetReports.Of("measured", setup, new PruneBudget(null, null, null), plan, new Allocation(priced, uniform), null) with
        {
            Trials = tried,
            TrialSet = trials.SetName,
            Notes = best is null
                ? ["no build that removes something kept the contract; only what changes no result was left out"]
                : tried.Count == builds && builds < MostBuilds ? [$"the search ended after {builds} builds, which is what prune.time allows"] : [],
        };
        return new PlanOutcome(plan, report, best?.Build);

        (Built Built, double Drop) Try(double share)
        {
            cancellation.ThrowIfCancellationRequested();
            job.Log(string.Create(CultureInfo.InvariantCulture, $"try macs {share:0.00}"));
            PrunePlan trial = modules.Plan(setup, priced, setup.Bounds(share)).Plan;
            BuildResult build = work.Build(trial);
            MetricValue value = MetricValue.Of(trials.Compare(build, cancellation), contract.Metric)
                ?? throw new PruneDiagnosticException(PruneDiagnostics.QualityUnmeasurable.At(
                    job.Spec.File, job.Spec.PlaceNear("quality.metric"), contract.Metric, $"the {trials.SetName} samples do not allow it"));
            return (new Built(trial, build), value.Drop);
        }
    }

    private static int Builds(PruneJob job, PlanSetup setup)
    {
        double samples = job.Spec.Image is null ? job.Calibration.Count : Math.Max(job.Calibration.Count, job.Spec.Prune.Views);
        double one = PassesPerBuild * samples * setup.Dense.Macs;
        return (int)Math.Clamp(job.Spec.Prune.Time * MacsPerMinute / Math.Max(1, one), 2, MostBuilds);
    }

    private sealed record Built(PrunePlan Plan, BuildResult Build);
}
