using System.Globalization;
using PruneTasks.Pruning;
using PruneTasks.Spec;

namespace PruneTasks.Worker.Pipeline;

/// <summary>
/// Whole modules in plans. Their price is first taken from the end of the price curve; before a plan may use it, it is measured, so that a run whose
/// plan wants no module gone pays nothing for the possibility.
/// </summary>
internal sealed class ModuleChoice
{
    private readonly Func<IReadOnlyList<PruneSite>, IReadOnlyList<double>>? _measure;
    private readonly Dictionary<PruneSite, double> _measured = new((IEqualityComparer<PruneSite>)ReferenceEqualityComparer.Instance);
    private readonly IReadOnlyList<(PruneSite Site, string Why)> _refused;
    private readonly string? _off;

    private ModuleChoice(
        IReadOnlySet<PruneSite> offered, IReadOnlyList<(PruneSite Site, string Why)> refused, string? off, Func<IReadOnlyList<PruneSite>, IReadOnlyList<double>>? measure) =>
        (Offered, _refused, _off, _measure) = (offered, refused, off, measure);

    /// <summary>Sites whose branch may become a constant.</summary>
    public IReadOnlySet<PruneSite> Offered { get; }

    /// <summary>What the spec and the graph allow.</summary>
    public static ModuleChoice Of(PruneJob job, PreparedModel model, Func<IReadOnlyList<PruneSite>, IReadOnlyList<double>>? measure)
    {
        HashSet<PruneSite> offered = new((IEqualityComparer<PruneSite>)ReferenceEqualityComparer.Instance);
        List<(PruneSite, string)> refused = [];
        PruneSpec spec = job.Spec;
        string? off = !spec.Prune.Modules ? "prune.modules is false"
            : spec.Prune.Method != "sequential" ? $"the method is {spec.Prune.Method}"
            : spec.Prune.Buffer.Steps > 1 ? "the build takes several steps" : null;
        if (off is not null || measure is null) return new ModuleChoice(offered, refused, off, measure);
        foreach (PruneSite site in model.Inventory.Sites.Where(s => s.Kind is UnitKind.Ffn or UnitKind.ValueOutput))
        {
            if (job.CachesApart && site.Kind == UnitKind.ValueOutput) refused.Add((site, "their keys and values are kept in a cache"));
            else if (WholeModules.Refuse(site, model.Shapes) is { } why) refused.Add((site, why));
            else offered.Add(site);
        }
        return new ModuleChoice(offered, refused, null, measure);
    }

    /// <summary>A plan in which every module that goes has a measured price.</summary>
    public (PrunePlan Plan, PricedSite[] Priced) Plan(PlanSetup setup, PricedSite[] priced, BudgetBounds bounds)
    {
        priced = WithMeasured(priced);
        while (true)
        {
            PrunePlan plan = PricedPlanner.ByBudget(priced, setup.Dense, bounds, setup.Options).Plan;
            PruneSite[] open = [.. plan.Sites.Where(s => s.Keep == 0 && s.Site is not QueryKeySite && !_measured.ContainsKey(s.Site)).Select(s => s.Site)];
            if (open.Length == 0 || _measure is null) return (plan, priced);
            foreach ((PruneSite site, double price) in open.Zip(_measure(open))) _measured[site] = price;
            priced = WithMeasured(priced);
        }
    }

    /// <summary>What happened, for the report.</summary>
    public IReadOnlyList<string> Notes(PrunePlan plan)
    {
        if (_off is not null) return [$"whole modules stay: {_off}"];
        int gone = plan.Sites.Count(s => s.Keep == 0 && s.Site is not QueryKeySite);
        List<string> notes = [string.Create(CultureInfo.InvariantCulture, $"{gone} whole modules go of {Offered.Count} that may; {_measured.Count} prices of whole modules were measured")];
        notes.AddRange(_refused.GroupBy(r => r.Why).Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Count()} modules cannot go as a whole: {r.Key}")));
        return notes;
    }

    /// <summary>Nothing costs at least what the narrowest width costs.</summary>
    private PricedSite[] WithMeasured(PricedSite[] priced) =>
    [
        .. priced.Select(p => _measured.TryGetValue(p.Site, out double price)
            ? p with { Curve = new PriceCurve([Math.Max(price, p.Curve.Prices[1]), .. p.Curve.Prices.Skip(1)]) } : p),
    ];
}
