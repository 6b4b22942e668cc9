using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Natives;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>The model that the plan is made for, and what went before.</summary>
/// <param name="Model">The model; without the groups that went.</param>
/// <param name="Left">What is left of the dense model.</param>
internal sealed record GroupedHeads(PreparedModel Model, ModelShare Left) : IDisposable
{
    /// <summary>The network before; null if it was not looked at.</summary>
    public TorchNetwork? Before { get; init; }

    /// <summary>The file without the groups; null if all stay.</summary>
    public ModelImage? File { get; init; }

    /// <summary>Largest difference of that file from the one in which the groups are switched off.</summary>
    public double Difference { get; init; }

    /// <summary>Prices of the places that are left, where they are those measured here.</summary>
    public (IReadOnlyList<PriceCurve> Curves, PriceReport Report)? Known { get; init; }

    /// <summary>One for each layer with groups.</summary>
    public IReadOnlyList<SiteReport> Sites { get; init; } = [];

    /// <summary>Prices of groups.</summary>
    public IReadOnlyList<SitePriceReport> Prices { get; init; } = [];

    /// <summary>What the reader has to know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The model in torch, for the plan.</summary>
    public TorchNetwork Network(PruneJob job, StageClock stages) => Before is null
        ? KeyGroupStage.Load(job, Model, stages)
        : stages.Run("lower what is left", () => TorchNetwork.Create(job, Model, Before, aims: File is not null, Known));

    /// <summary>The report on all places.</summary>
    public IReadOnlyList<SiteReport> WithGroups(IReadOnlyList<SiteReport> others) => GroupOrder.Merge(Sites, others, s => s.Kind, s => s.Layer);

    /// <summary>The report on all prices.</summary>
    public PriceReport? WithGroups(PriceReport? others) => others is null ? null : others with { Sites = GroupOrder.Merge(Prices, others.Sites, s => s.Kind, s => s.Layer) };

    /// <inheritdoc/>
    public void Dispose() => Before?.Dispose();
}

/// <summary>
/// Whole key and value groups go before anything else is planned: a first plan over all places says how many, they are taken out, and everything that follows (places, prices,
/// plan) is found anew in what is left, while refits aim at the dense network throughout (docs/decisions/0052).
/// </summary>
internal static class KeyGroupStage
{
    /// <summary>Decides, and removes.</summary>
    /// <param name="job">The job.</param>
    /// <param name="model">The model with its places.</param>
    /// <param name="whole">Weights of attention layers in which nothing but groups may go.</param>
    /// <param name="left">What exact rewrites left.</param>
    /// <param name="oneSample">Shapes of the inputs of one sample.</param>
    /// <param name="stages">Times the pieces.</param>
    /// <param name="warnings">Gets a warning for each place that cannot be removed exactly.</param>
    /// <param name="cancellation">Ends it.</param>
    public static GroupedHeads Run(
        PruneJob job, PreparedModel model, IReadOnlySet<string> whole, ModelShare left, ShapeBinding oneSample, StageClock stages, List<PruneDiagnostic> warnings, CancellationToken cancellation)
    {
        UnitInventory found = Find(model.Model, model.Inventory.Sites, whole);
        model = model with { Inventory = WholeHeads.Hold(model.Inventory, whole) };
        GroupedHeads same = new(model, left);
        if (found.Refusals.Count > 0) same = same with { Model = WithRefusals(model, found.Refusals) };
        if (found.Sites.Count == 0) return same;
        if (Off(job.Spec) is { } off) return same with { Notes = [$"whole key and value groups stay: {off}"] };
        PlanSetup nothing = PlanSetup.Of(job, model, left);
        PruneBudget budget = job.Spec.Prune.Budget ?? new PruneBudget(0.5, null, null);
        if (nothing.Bounds(budget.Macs, budget.Parameters, budget.Bytes).IsMet(nothing.Nothing())) return same;

        PreparedModel groups = model with { Inventory = new UnitInventory(found.Sites, same.Model.Inventory.Refusals) };
        IReadOnlyList<InexactSite> wrong = stages.Run("check removal of groups", () => RemovalCheck.Run(groups, job.Calibration, job.Spec.Prune.Seed, job.Threads, copy => Find(copy, null, whole), job.ModelPath));
        warnings.AddRange(wrong.Select(w => PruneDiagnostics.RemovalNotExact.At(job.Spec.File, job.Spec.PlaceNear("model"), w.Site.Kind.ToSpecName(), w.Site.Name, w.Why)));
        groups = groups.Without(wrong);
        model = model with { Inventory = model.Inventory with { Refusals = groups.Inventory.Refusals } };
        if (groups.Inventory.Sites.Count == 0) return same with { Model = model };

        PreparedModel all = model with { Inventory = model.Inventory with { Sites = [.. groups.Inventory.Sites, .. model.Inventory.Sites] } };
        TorchNetwork network = Load(job, all, stages);
        try
        {
            return Decide(job, model, all, whole, groups.Inventory.Sites.Count, network, left, budget, oneSample, stages, warnings, cancellation);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Loads libtorch, and lowers a model.</summary>
    public static TorchNetwork Load(PruneJob job, PreparedModel model, StageClock stages) => stages.Run("load libtorch", () =>
    {
        WorkerNatives.UseTorch(job.LibTorch, job.Threads, job.Log);
        return TorchNetwork.Create(job, model);
    });

    private static GroupedHeads Decide(
        PruneJob job, PreparedModel model, PreparedModel all, IReadOnlySet<string> whole, int count, TorchNetwork network, ModelShare left, PruneBudget budget, ShapeBinding oneSample, StageClock stages,
        List<PruneDiagnostic> warnings, CancellationToken cancellation)
    {
        (IReadOnlyList<PriceCurve> curves, PriceReport prices) = stages.Run("price groups of heads", () => network.Prices(cancellation));
        PlanSetup setup = PlanSetup.Of(job, all, left);
        BudgetBounds bounds = setup.Bounds(budget.Macs, budget.Parameters, budget.Bytes);
        PricedSite[] priced = [.. setup.Sites.Zip(curves, (s, curve) => new PricedSite(s.Site, s.Cost, curve))];
        PrunePlan plan = WidthSteps.Plan(setup.Options.Align, bounds, setup.Nothing(), align => PricedPlanner.ByBudget(priced, setup.Dense, bounds, setup.Aligned(align).Options).Plan).Plan;
        // Of this plan the groups alone are taken: what the rest is worth then is measured again.
        plan = plan with { Sites = [.. plan.Sites.Select((s, i) => i < count ? s : s with { Keep = s.Site.Units })] };
        int gone = plan.Sites.Sum(s => s.Remove), of = plan.Sites.Take(count).Sum(s => s.Site.Units);
        GroupedHeads result = new(model, left)
        {
            Before = network,
            Prices = [.. prices.Sites.Take(count).Zip(plan.Sites, (price, site) => price with { Kept = site.Keep })],
            Notes = [string.Create(CultureInfo.InvariantCulture, $"{gone} of {of} key and value groups go as a whole")],
        };
        if (gone == 0) return result with { Known = ([.. curves.Skip(count)], prices with { Sites = [.. prices.Sites.Skip(count)] }), Sites = [.. plan.Sites.Take(count).Select(s => Report(s, null))] };

        BuildResult build = stages.Run("take groups of heads out", () => network.Build(plan, cancellation));
        (ModelImage file, double difference) = stages.Run("verify groups", () => Remove(job, all, whole, build));
        PreparedModel rest = stages.Run("find units again", () => PreparedModel.From(file.Load(), oneSample));
        rest = rest with { Inventory = WholeHeads.Hold(rest.Inventory, whole) };
        IReadOnlyList<InexactSite> wrong = stages.Run("check removal again", () => RemovalCheck.Run(rest, job.Calibration, job.Spec.Prune.Seed, job.Threads, copy => WholeHeads.Hold(Units(copy), whole), "model without groups of heads"));
        warnings.AddRange(wrong.Select(w => PruneDiagnostics.RemovalNotExact.At(job.Spec.File, job.Spec.PlaceNear("model"), w.Site.Kind.ToSpecName(), w.Site.Name, w.Why)));
        Cost before = plan.Dense, after = plan.Pruned;
        return result with
        {
            Model = WithRefusals(rest.Without(wrong), model.Inventory.Refusals.Where(r => r.Kind == UnitKind.KeyGroup)),
            Left = new ModelShare(left.Macs * after.Macs / Math.Max(1, before.Macs), left.Parameters * after.Parameters / Math.Max(1, before.Parameters), left.Bytes * after.Bytes / Math.Max(1, before.Bytes)),
            File = file,
            Difference = difference,
            Sites = [.. plan.Sites.Take(count).Select(s => Report(s, build.Sites.FirstOrDefault(b => ReferenceEquals(b.Removal.Site, s.Site))?.RelativeError))],
        };
    }

    private static PreparedModel WithRefusals(PreparedModel model, IEnumerable<Refusal> more) =>
        model with { Inventory = model.Inventory with { Refusals = [.. model.Inventory.Refusals, .. more] } };

    /// <summary>Why groups are not looked at.</summary>
    private static string? Off(PruneSpec spec) => spec.Prune switch
    {
        { Modules: false } => "prune.modules is false",
        { Ratios: not null } => "ratios ask for dimensions and neurons",
        { Method: not "sequential" } => $"the method is {spec.Prune.Method}",
        { Buffer.Steps: > 1 } => "the build takes several steps",
        { Budget.Auto: true } => "the budget is auto",
        { Budget.Latency: not null } => "the time that they save is not measured",
        _ => BaselineChoice.IsUniform(spec) ? "the allocation is uniform" : null,
    };

    private static UnitInventory Find(OnnxModel model, IReadOnlyList<PruneSite>? sites, IReadOnlySet<string> whole) =>
        KeyGroupFinder.Find(model, sites ?? Units(model).Sites, whole);

    private static UnitInventory Units(OnnxModel model) => UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Taken(model)));

    /// <summary>Cuts the groups out of a copy, and holds it in ONNX Runtime against the graph in which they are masked.</summary>
    private static (ModelImage File, double Difference) Remove(PruneJob job, PreparedModel model, IReadOnlySet<string> whole, BuildResult build)
    {
        ModelImage masked = model.Masked(build);
        OnnxModel copy = masked.Load();
        Dictionary<string, PruneSite> sites = Find(copy, null, whole).Sites.ToDictionary(s => s.Name);
        PhysicalRemoval.Apply(copy, [.. build.Sites.Select(s => s.Removal with { Site = sites[s.Removal.Site.Name] })], ShapeInvariants.Find(copy));
        ModelImage file = ModelImage.Of(copy);
        return (file, Verification.Check(masked, file, job.HoldOut ?? job.Calibration, Verification.Tolerance(model.Model), job.Threads));
    }

    private static SiteReport Report(SitePlan plan, double? error) => new()
    {
        Kind = plan.Site.Kind.ToSpecName(),
        Layer = plan.Site.Name,
        UnitsDense = plan.Site.Units,
        UnitsKept = plan.Keep,
        Error = error,
    };
}
