using System.Globalization;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What was decided.</summary>
/// <param name="Plan">Widths.</param>
/// <param name="Report">How they came about.</param>
/// <param name="Build">The build of the plan, where deciding needed it already.</param>
internal sealed record PlanOutcome(PrunePlan Plan, BudgetReport Report, BuildResult? Build = null)
{
    /// <summary>The same with more notes in its report.</summary>
    public PlanOutcome WithNotes(IReadOnlyList<string> notes) => this with { Report = Report with { Notes = [.. Report.Notes, .. notes] } };
}

/// <summary>What planning may ask for; each is work, done only when needed.</summary>
/// <param name="Prices">Measures prices.</param>
/// <param name="Build">Builds a plan.</param>
/// <param name="Latency">Measures what narrower sites save in time, or reads it back.</param>
internal sealed record PlanWork(Func<IReadOnlyList<PriceCurve>> Prices, Func<PrunePlan, BuildResult> Build, Func<PlanSetup, MeasuredLatency> Latency)
{
    /// <summary>Checks, for a plan and the curves behind it, whether prices add up; if not, and if wanted, gives new curves to plan with.</summary>
    public Func<PrunePlan, IReadOnlyList<PriceCurve>, bool, IReadOnlyList<PriceCurve>?>? Check { get; init; }

    /// <summary>Measures what it costs to replace whole branches by their means; null where modules do not go.</summary>
    public Func<IReadOnlyList<PruneSite>, IReadOnlyList<double>>? None { get; init; }

    /// <summary>Fewest units that must stay at a site, for a budget.</summary>
    public IReadOnlyDictionary<PruneSite, int>? Least { get; init; }
}

/// <summary>From what the user asked for to a width for every site.</summary>
internal static class PlanMaker
{
    /// <summary>Makes the plan.</summary>
    /// <param name="job">The job; its spec says budget or ratios.</param>
    /// <param name="model">The sites.</param>
    /// <param name="left">What is left of the dense model; the share that may remain is one of that.</param>
    /// <param name="work">What can be measured.</param>
    /// <param name="warnings">Gets a warning for a budget out of reach and for ratios without a unit to act on.</param>
    /// <param name="cancellation">Ends it between two trials.</param>
    public static PlanOutcome Make(PruneJob job, PreparedModel model, ModelShare left, PlanWork work, List<PruneDiagnostic> warnings, CancellationToken cancellation)
    {
        PruneSettings settings = job.Spec.Prune;
        PlanSetup setup = PlanSetup.Of(job, model, left);
        if (settings.Ratios is { } ratios) return ByRatios(job, setup, ratios, warnings);
        PruneBudget budget = settings.Budget ?? new PruneBudget(0.5, null, null);
        if (work.Least is { Count: > 0 } least) setup = setup with { Options = setup.Options with { Minimum = least } };
        if (setup.Sites.Count == 0) return Finish(job, setup, budget, setup.Nothing(), null, null, warnings);
        MeasuredLatency? latency = budget.Latency is null ? null : work.Latency(setup);
        if (latency is not null) setup = setup with { Options = setup.Options with { Latency = latency.Table } };
        BudgetBounds bounds = setup.Bounds(budget.Macs, budget.Parameters, budget.Bytes, budget.Latency);
        bool nothing = !budget.Auto && bounds.IsMet(setup.Nothing());
        (PrunePlan uniform, int uniformAlign) = WidthSteps.Plan(setup.Options.Align, bounds, setup.Nothing(), align => UniformPlanner.ByBudget(setup.Sites, setup.Dense, bounds, setup.Aligned(align).Options).Plan);
        if (nothing || (BaselineChoice.IsUniform(job.Spec) && !budget.Auto))
            return Finish(job, setup, budget, uniform, null, latency, warnings).WithNotes(nothing ? [] : WidthSteps.Notes(setup.Options.Align, uniformAlign));

        IReadOnlyList<PriceCurve> curves = work.Prices();
        PricedSite[] priced = Priced(curves);
        ModuleChoice modules = ModuleChoice.Of(job, model, work.None);
        setup = setup with { Options = setup.Options with { Vanishing = modules.Offered } };
        TrialRuns trials = new(job, model);
        if (budget.Auto)
        {
            PlanOutcome found = AutoSearch.Run(job, setup, priced, work, trials, modules, cancellation);
            work.Check?.Invoke(found.Plan, curves, false);
            return found;
        }
        (PrunePlan plan, int align) = Planned(ref priced);
        if (work.Check?.Invoke(plan, curves, true) is { } again)
        {
            priced = Priced(again);
            (plan, align) = Planned(ref priced);
        }
        PlanOutcome outcome = Finish(job, setup, budget, plan, new Allocation(priced, uniform), latency, warnings)
            .WithNotes([.. modules.Notes(plan), .. WidthSteps.Notes(setup.Options.Align, align)]);
        if (job.Spec.Data.Test is null || job.Spec.Prune.Method != "sequential") return outcome;

        // Whoever has test data wants to know: uniform is built as well, at the price of a second build.
        BuildResult built = work.Build(plan);
        BuildResult other = work.Build(uniform);
        UniformTrial? pair = trials.Pair(trials.Compare(built, cancellation), trials.Compare(other, cancellation));
        return pair is { Overruled: true }
            ? Finish(job, setup, budget, uniform, new Allocation(priced, uniform), latency, []) is var won
                ? won with { Build = other, Report = won.Report with { Allocation = "uniform", Uniform = pair } } : outcome
            : outcome with { Build = built, Report = outcome.Report with { Uniform = pair } };

        (PrunePlan Plan, int Align) Planned(ref PricedSite[] with)
        {
            PricedSite[] now = with;
            (PrunePlan, int) made = WidthSteps.Plan(setup.Options.Align, bounds, setup.Nothing(), align =>
            {
                (PrunePlan plan, now) = modules.Plan(setup.Aligned(align), now, bounds);
                return plan;
            });
            with = now;
            return made;
        }

        PricedSite[] Priced(IReadOnlyList<PriceCurve> prices) => [.. setup.Sites.Zip(prices, (s, curve) => new PricedSite(s.Site, s.Cost, curve))];
    }

    private static PlanOutcome ByRatios(PruneJob job, PlanSetup setup, PruneRatios ratios, List<PruneDiagnostic> warnings)
    {
        Dictionary<UnitKind, double> byKind = new() { [UnitKind.Ffn] = ratios.Ffn, [UnitKind.QueryKey] = ratios.Qk, [UnitKind.ValueOutput] = ratios.Vo, [UnitKind.Channel] = ratios.Channel };
        foreach ((UnitKind kind, double ratio) in byKind)
        {
            string path = "prune.ratios." + kind.ToSpecName();
            if (ratio > 0 && !setup.Sites.Any(s => s.Site.Kind == kind))
                warnings.Add(PruneDiagnostics.KindNotFound.At(job.Spec.File, job.Spec.PlaceNear(path), path));
        }
        PrunePlan plan = UniformPlanner.ByRatios(setup.Sites, setup.Dense, byKind, setup.Options.Shared);
        return new PlanOutcome(plan, BudgetReports.Of("ratios", setup, new PruneBudget(null, null, null), plan, null, null));
    }

    private static PlanOutcome Finish(
        PruneJob job, PlanSetup setup, PruneBudget budget, PrunePlan plan, Allocation? allocation, MeasuredLatency? latency, List<PruneDiagnostic> warnings)
    {
        BudgetReport report = BudgetReports.Of(allocation is null ? "uniform" : "measured", setup, budget, plan, allocation, latency);
        // Without any site, and with nothing left out, the warning that nothing was found says it all.
        if (setup.Sites.Count > 0 || setup.Left.Macs < 1)
        {
            foreach (BoundReport bound in report.Bounds)
            {
                if (bound.Asked < bound.Reached - 1e-9)
                {
                    warnings.Add(PruneDiagnostics.BudgetMissed.At(
                        job.Spec.File, job.Spec.PlaceNear("prune.budget." + bound.Key), bound.Key, Number(bound.Asked.Value), Number(bound.Reached)));
                }
            }
        }
        return new PlanOutcome(plan, report);
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
