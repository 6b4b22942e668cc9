using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Native;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>The whole method, top to bottom: prepare, plan, build, remove, verify.</summary>
internal sealed class PrunePipeline : IPruningPipeline
{
    /// <summary>Under so many samples the statistics of a layer are poor (docs/decisions/0005).</summary>
    private const int FewSamples = 128;

    /// <inheritdoc/>
    public PruneOutcome Run(PruneJob job, CancellationToken cancellation)
    {
        if (StatesApart.Of(job, out RefusalReport? stay) is { } apart) return apart.Join(Prune(apart.Job, cancellation));
        PruneOutcome outcome = Prune(job, cancellation);
        return stay is null ? outcome : outcome with { Refusals = [stay, .. outcome.Refusals] };
    }

    private static PruneOutcome Prune(PruneJob job, CancellationToken cancellation)
    {
        StageClock stages = new(job.Progress);
        List<PruneDiagnostic> warnings = [];
        ShapeBinding oneSample = OneSample(job.Calibration);
        (OnnxModel loaded, ExactRewrites? rewrites) = stages.Run("exact rewrites", () => ExactRewrites.Apply(job, oneSample));
        ExactRewrites? exact = rewrites is { Done.Count: > 0 } ? rewrites : null;
        if (rewrites?.ClassesStay is { } stay) warnings.Add(PruneDiagnostics.ClassesStay.At(job.Spec.File, job.Spec.PlaceOf("prune.classes"), stay));
        PreparedModel model = stages.Run("find units", () => PreparedModel.From(loaded, oneSample));
        if (model.Inventory.Sites.Count > 0)
        {
            IReadOnlyList<InexactSite> wrong = stages.Run("check removal", () => RemovalCheck.Run(model, job.Calibration, job.Spec.Prune.Seed, job.Threads, name: job.ModelPath));
            warnings.AddRange(wrong.Select(w => PruneDiagnostics.RemovalNotExact.At(job.Spec.File, job.Spec.PlaceNear("model"), w.Site.Kind.ToSpecName(), w.Site.Name, w.Why)));
            model = model.Without(wrong);
        }
        model = BaselineChoice.OnlyKnown(job, model, warnings);
        if (model.Inventory.Sites.Count > 0) job = CalibrationMemory.Fit(job, model.Memory, warnings);
        if (model.Inventory.Sites.Count > 0) model = stages.Run("check numbers", () => NumberCheck.Run(job, model, warnings));
        IReadOnlySet<string> whole = (exact?.Whole ?? []).Select(a => a.Weights).ToHashSet();
        using GroupedHeads heads = KeyGroupStage.Run(job, model, whole, new ModelShare(exact is null ? 1 : (double)exact.MacsAfter / exact.MacsBefore), oneSample, stages, warnings, cancellation);
        model = heads.Model;
        using TorchNetwork? network = model.Inventory.Sites.Count == 0 ? null : heads.Network(job, stages);
        Decision decision = PlanStage.Run(job, model, network, heads.Left, oneSample, stages, warnings, cancellation);
        PruneOutcome outcome = new()
        {
            Model = heads.File ?? exact?.Model ?? job.AsItCame(),
            Exact = rewrites,
            Views = network?.Views,
            Sites = heads.WithGroups([.. decision.Outcome.Plan.Sites.Select(s => Site(s, null))]),
            Refusals = [.. model.Inventory.Refusals.Select(r => new RefusalReport(
                r.OpType.Length == 0 ? $"'{r.Where}'" : $"{r.OpType} '{r.Where}'", $"{r.Kind.ToSpecName()}: {r.Detail}"))],
            Prices = heads.WithGroups(decision.Prices),
            Budget = decision.Outcome.WithNotes(heads.Notes).Report,
            Additivity = decision.Additivity,
            Partition = decision.Partition,
            Probes = network?.Probed,
            Stages = stages.Times,
            Diagnostics = warnings,
        };
        if (network is null || decision.Outcome.Plan.Sites.All(s => s.Remove == 0))
        {
            warnings.AddRange(Distilling.Idle(job));
            if (heads.File is { } grouped) return outcome with { Model = FusedAgain.Of(grouped, exact?.Attentions ?? [], exact?.HasMeans == true, job.CachesApart, CheckAgainst(job, grouped), job.Log)?.Model ?? grouped, MaskedDifference = heads.Difference };
            if (exact is null or { OnlyPrepares: true }) warnings.Add(PruneDiagnostics.NoUnitFound.At(job.Spec.File, job.Spec.PlaceNear("model"), Path.GetFileName(job.ModelPath), WhyNothing(model, outcome.Refusals)));
            if (exact is { OnlyPrepares: true }) return outcome with { Model = job.AsItCame() };
            return exact is { Model: { } apart } and ({ Attentions.Count: > 0 } or { HasMeans: true }) ? outcome with { Model = Whole(job, exact, apart) } : outcome;
        }
        if (job.Spec.Prune.Flip != "auto" && network.Views is not { Kind: "image", Count: > 0 })
            warnings.Add(PruneDiagnostics.NoEffect.At(job.Spec.File, job.Spec.PlaceNear("prune.flip"), "prune.flip", "no views of images are made"));
        if (job.Calibration.Count < FewSamples)
            warnings.Add(PruneDiagnostics.FewSamples.At(job.Spec.File, job.Spec.PlaceNear("data.personal"), job.Calibration.Count, FewSamples));

        Built built = BuildStage.Run(job, network, decision.Outcome, stages, warnings, cancellation);
        // Before the removal edits the graph; what was built is by now apart from the network.
        ThreadCost? threads = job.ThreadsUnused == 0 ? null : stages.Run("time threads", () => network.CostOfOneThread(built.Plan.Dense.Macs));
        if (threads is not null) job.Log($"prune.threads: one: {threads}");
        (ModelImage pruned, double difference) = Remove(job, model, exact?.Attentions ?? [], exact?.HasMeans == true, built.Build, stages, cancellation);
        if (pruned.Length >= job.ModelLength) warnings.Add(PruneDiagnostics.NoSizeGain.At(job.Spec.File, job.Spec.PlaceNear("prune"), pruned.Length, job.ModelLength));
        Dictionary<PruneSite, double> errors = built.Build.Sites.ToDictionary(s => s.Removal.Site, s => s.RelativeError);
        return outcome with
        {
            Model = pruned,
            Sites = heads.WithGroups([.. built.Plan.Sites.Select(s => Site(s, errors.TryGetValue(s.Site, out double error) ? error : null))]),
            Steps = built.Steps,
            Distill = built.Distill,
            Threads = threads,
            MaskedDifference = Math.Max(heads.Difference, difference),
        };
    }

    /// <summary>Cuts the removed units out of the graph, and holds the result in ONNX Runtime against the graph in which they are masked.</summary>
    private static (ModelImage Pruned, double Difference) Remove(PruneJob job, PreparedModel model, IReadOnlyList<FusedAttention> attentions, bool means, BuildResult build, StageClock stages, CancellationToken cancellation)
    {
        ModelImage masked = Array.Empty<byte>(), pruned = masked;
        stages.Run("remove", () =>
        {
            foreach ((Value weight, TensorData data) in build.Weights) model.Model.Graph.SetInitializer(weight, data);
            masked = ModelImage.Of(model.Model);
            try
            {
                PhysicalRemoval.Apply(model.Model, [.. build.Sites.Select(s => s.Removal)], model.Invariants);
            }
            catch (Exception problem) when (problem is InvalidOperationException or ArgumentException or IndexOutOfRangeException or ArithmeticException)
            {
                // A graph that contradicts itself; what was made of it so far is thrown away.
                throw new PruneDiagnosticException(PruneDiagnostics.VerificationFailed.In(null, $"units could not be taken out: {problem.Message}"), problem);
            }
            pruned = ModelImage.Of(model.Model);
        });
        cancellation.ThrowIfCancellationRequested();
        return stages.Run("verify", () => FusedAgain.Of(pruned, attentions, means, job.CachesApart, Check, job.Log) ?? (pruned, Check(pruned)));

        double Check(ModelImage file) => Verification.Check(
            masked, file, job.HoldOut ?? job.Calibration, Verification.Tolerance(build.Weights.Keys.FirstOrDefault()?.Type ?? ElementType.Float32), job.Threads);
    }

    private static Func<ModelImage, double> CheckAgainst(PruneJob job, ModelImage reference) =>
        file => Verification.Check(reference, file, job.HoldOut ?? job.Calibration, Verification.Tolerance(job.Model), job.Threads);

    /// <summary>Nothing was removed: what exact rewrites left, with its attention operators whole.</summary>
    private static ModelImage Whole(PruneJob job, ExactRewrites exact, ModelImage apart) =>
        FusedAgain.Of(apart, exact.Attentions, exact.HasMeans, job.CachesApart, CheckAgainst(job, job.Reference()), job.Log)?.Model ?? apart;

    private static string WhyNothing(PreparedModel model, IReadOnlyList<RefusalReport> refusals)
    {
        if (model.Inventory.Sites.Count > 0) return "the plan removes nothing";
        string reasons = string.Join("; ", refusals.Select(r => r.Reason).Distinct().Take(5));
        if (model.Model.Graph.Nodes.FirstOrDefault(HoldsLayers) is not { } outer) return reasons.Length > 0 ? reasons : "it has no feed-forward, attention or convolution layer that can be narrowed";
        return $"{(reasons.Length > 0 ? "some of its layers lie" : "its layers lie")} in the body of {outer.OpType} '{outer.Name}', where nothing is removed{(reasons.Length > 0 ? "; " : "")}{reasons}";
    }

    /// <summary>Bodies with weights to sum over; others only choose between results.</summary>
    private static bool HoldsLayers(Node node) => node.Bodies.Any(body => body.Nodes.Any(n => HoldsLayers(n) || IsLayer(n)));

    private static bool IsLayer(Node node) => node.OpType is "Conv" or "ConvTranspose" or "MatMul" or "Gemm" or "Einsum" or "LSTM" or "GRU" or "RNN" or "Scan" or "Loop";

    private static ShapeBinding OneSample(CalibrationSet set)
    {
        IReadOnlyList<TensorData> first = set.Batches(1).First();
        return ShapeBinding.Exact(set.Inputs.Zip(first).ToDictionary(p => p.First.Name, p => p.Second.Shape));
    }

    private static SiteReport Site(SitePlan plan, double? error) => new()
    {
        Kind = plan.Site.Kind.ToSpecName(),
        Layer = plan.Site.Name,
        UnitsDense = plan.Site.Units,
        UnitsKept = plan.Keep,
        Heads = plan.Site switch
        {
            QueryKeySite s => s.Attention.Heads,
            ValueOutputSite s => s.Attention.Heads,
            _ => 1,
        },
        Error = error,
    };
}
