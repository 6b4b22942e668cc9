using System.Diagnostics;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Natives;
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
        Stages stages = new(job.Log);
        List<PruneDiagnostic> warnings = [];
        OnnxModel loaded = job.LoadModel();
        ShapeBinding oneSample = OneSample(job.Calibration);
        ExactRewrites? exact = job.Spec.Prune.Exact ? stages.Run("exact rewrites", () => ExactRewrites.Apply(loaded, job, oneSample)) : null;
        PreparedModel model = stages.Run("find units", () => PreparedModel.From(loaded, oneSample));
        RefusalReport[] refusals = [.. model.Inventory.Refusals.Select(r => new RefusalReport(
            r.OpType.Length == 0 ? $"'{r.Where}'" : $"{r.OpType} '{r.Where}'", $"{r.Kind.ToSpecName()}: {r.Detail}"))];
        using TorchNetwork? network = model.Inventory.Sites.Count == 0 ? null : stages.Run("load libtorch", () =>
        {
            WorkerNatives.UseTorch(job.LibTorch, job.Threads);
            return TorchNetwork.Create(job, model);
        });
        PrunePlan plan = PlanMaker.Make(job, model, exact, () => stages.Run("measure prices", () => network!.Prices(cancellation)), warnings);
        if (network is null || plan.Sites.All(s => s.Remove == 0))
        {
            string why = model.Inventory.Sites.Count > 0 ? "the plan removes nothing"
                : refusals.Length == 0 ? "it has no feed-forward or attention layer" : string.Join("; ", refusals.Select(r => r.Reason).Distinct().Take(5));
            if (exact is null) warnings.Add(PruneDiagnostics.NoUnitFound.At(job.Spec.File, job.Spec.PlaceNear("model"), Path.GetFileName(job.ModelPath), why));
            return new PruneOutcome { Model = exact?.Model ?? job.ModelBytes.ToArray(), Exact = exact, Sites = [.. plan.Sites.Select(s => Site(s, null))], Refusals = refusals, Stages = stages.Times, Diagnostics = warnings };
        }
        if (job.Calibration.Count < FewSamples)
            warnings.Add(PruneDiagnostics.FewSamples.At(job.Spec.File, job.Spec.PlaceNear("data.personal"), job.Calibration.Count, FewSamples));

        BuildResult build = stages.Run("build", () => network.Build(plan, cancellation));

        byte[] masked = [], pruned = [];
        stages.Run("remove", () =>
        {
            foreach ((Value weight, TensorData data) in build.Weights) model.Model.Graph.SetInitializer(weight, data);
            masked = OnnxWriter.ToBytes(model.Model);
            PhysicalRemoval.Apply(model.Model, [.. build.Sites.Select(s => s.Removal)], model.Invariants);
            pruned = OnnxWriter.ToBytes(model.Model);
        });
        cancellation.ThrowIfCancellationRequested();
        double difference = stages.Run("verify", () => Verification.Check(
            masked, pruned, job.HoldOut ?? job.Calibration, Verification.Tolerance(build.Weights.Keys.First().Type), job.Threads));
        if (pruned.Length >= job.ModelBytes.Length) warnings.Add(PruneDiagnostics.NoSizeGain.At(job.Spec.File, job.Spec.PlaceNear("prune"), pruned.Length, job.ModelBytes.Length));

        Dictionary<PruneSite, double> errors = build.Sites.ToDictionary(s => s.Removal.Site, s => s.RelativeError);
        return new PruneOutcome
        {
            Model = pruned,
            Exact = exact,
            Sites = [.. plan.Sites.Select(s => Site(s, errors.TryGetValue(s.Site, out double error) ? error : null))],
            Refusals = refusals,
            Stages = stages.Times,
            MaskedDifference = difference,
            Diagnostics = warnings,
        };
    }

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

    /// <summary>Runs stages and keeps their times.</summary>
    private sealed class Stages(Action<string> log)
    {
        public List<StageTime> Times { get; } = [];

        public void Run(string name, Action stage) => Run(name, () =>
        {
            stage();
            return 0;
        });

        public T Run<T>(string name, Func<T> stage)
        {
            log(name);
            long start = Stopwatch.GetTimestamp();
            T result = stage();
            Times.Add(new StageTime(name, Stopwatch.GetElapsedTime(start).TotalSeconds));
            return result;
        }
    }
}
