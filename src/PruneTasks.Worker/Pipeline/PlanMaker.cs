using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Pipeline;

/// <summary>From what the user asked for to a width for every site.</summary>
internal static class PlanMaker
{
    /// <summary>Makes the plan.</summary>
    /// <param name="job">The job; its spec says budget or ratios.</param>
    /// <param name="model">The sites.</param>
    /// <param name="exact">What was saved before, without changing a result; the share of MACs that may remain is one of the model before that.</param>
    /// <param name="prices">Measures prices; called only for a budget that is spent by them.</param>
    /// <param name="warnings">Gets a warning for a budget out of reach and for ratios without a unit to act on.</param>
    public static PrunePlan Make(PruneJob job, PreparedModel model, ExactRewrites? exact, Func<IReadOnlyList<PriceCurve>> prices, List<PruneDiagnostic> warnings)
    {
        ModelCost cost = CostModel.Of(model.Model, model.OneSample);
        Cost dense = new(cost.Total.Macs, cost.Total.Parameters, job.ModelBytes.Length);
        double macsLeft = exact is null ? 1 : (double)exact.Slice.MacsAfter / exact.Slice.MacsBefore;
        (PruneSite Site, Cost Cost)[] sites = [.. model.Inventory.Sites.Select(s => (s, SiteCosts.Of(s, model.OneSample)))];
        IReadOnlyList<SharedLayer> shared = SharedLayers.Of(model.Inventory.Sites, model.OneSample);
        PruneSettings settings = job.Spec.Prune;
        if (settings.Ratios is { } ratios)
        {
            Dictionary<UnitKind, double> byKind = new() { [UnitKind.Ffn] = ratios.Ffn, [UnitKind.QueryKey] = ratios.Qk, [UnitKind.ValueOutput] = ratios.Vo };
            foreach ((UnitKind kind, double ratio) in byKind)
            {
                string path = "prune.ratios." + kind.ToSpecName();
                if (ratio > 0 && !model.Inventory.Sites.Any(s => s.Kind == kind))
                    warnings.Add(PruneDiagnostics.KindNotFound.At(job.Spec.File, job.Spec.PlaceNear(path), path));
            }
            return UniformPlanner.ByRatios(sites, dense, byKind, shared);
        }

        PruneBudget budget = settings.Budget ?? new PruneBudget(0.5, null, null);
        BudgetBounds bounds = new(budget.Macs is { } macs ? Math.Min(1, macs / macsLeft) : null, budget.Parameters, budget.Bytes);
        (PrunePlan plan, bool met) = settings.Allocation == "uniform" || sites.Length == 0 || bounds.IsMet(dense, dense)
            ? UniformPlanner.ByBudget(sites, dense, bounds, settings.Align, shared)
            : PricedPlanner.ByBudget([.. sites.Zip(prices(), (s, curve) => new PricedSite(s.Site, s.Cost, curve))], dense, bounds, settings.Align, shared);
        // Without any site, and with nothing left out, the warning that nothing was found says it all.
        if (!met && (sites.Length > 0 || exact is not null))
        {
            foreach ((string name, double? bound, double reached) in new[]
            {
                ("macs", budget.Macs, macsLeft * plan.Pruned.Macs / dense.Macs),
                ("parameters", budget.Parameters, (double)plan.Pruned.Parameters / dense.Parameters),
                ("bytes", budget.Bytes, (double)plan.Pruned.Bytes / dense.Bytes),
            })
            {
                if (bound < reached)
                {
                    warnings.Add(PruneDiagnostics.BudgetMissed.At(
                        job.Spec.File, job.Spec.PlaceNear("prune.budget." + name), name, Number(bound.Value), Number(reached)));
                }
            }
        }
        return plan;
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
