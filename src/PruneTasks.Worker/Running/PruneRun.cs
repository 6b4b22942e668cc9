using System.Reflection;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Checkpoints;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Natives;
using PruneTasks.Worker.Output;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Progress;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Running;

/// <summary>One run of <c>prune</c>: reads, prunes, checks, and writes all files at once at the end.</summary>
internal sealed partial class PruneRun(IPruningPipeline pipeline, IRunProgress progress)
{
    /// <summary>The stamp: written last.</summary>
    public const string ResultFile = "result.json";

    // Held back to check on; enough to tell agreement to a few per cent. A contract needs to know more closely, and so do steps (docs/decisions/0012).
    private const int HoldOut = 64;
    private const int HoldOutForDecisions = 256;

    // A model may take so much longer than its budget before that is said.
    private const double LatencyTolerance = 1.1;

    /// <summary>A run that tells its progress in plain lines.</summary>
    public PruneRun(IPruningPipeline pipeline, Action<string> log) : this(pipeline, new LineProgress(log))
    {
    }

    private readonly StageClock _stages = new(progress);

    /// <summary>Bytes up to which a model is worked on in memory; the weights of a larger one are mapped (docs/decisions/0040).</summary>
    public long LargestInMemory { get; init; } = ModelFile.LargestFile;

    /// <summary>Bytes from which on a weight of such a model is mapped.</summary>
    public int SmallestMapped { get; init; } = 1 << 16;

    /// <summary>Bytes up to which the pruned model is one file.</summary>
    public long LargestFile { get; init; } = ModelFile.LargestFile;

    /// <summary>Runs a request.</summary>
    /// <param name="request">What the build, or the command line, asks for.</param>
    /// <param name="diagnostics">Takes the warnings as they come.</param>
    /// <param name="cancellation">Ends it; nothing is written then.</param>
    /// <returns>What was written as result.json.</returns>
    /// <exception cref="PruneDiagnosticException">It failed; nothing was written.</exception>
    public PruneResult Run(PruneRequest request, ICollection<PruneDiagnostic> diagnostics, CancellationToken cancellation)
    {
        PruneSpec spec = request.Apply(SpecInput.ReadSpec(request.Spec, diagnostics));
        RequireFiles(spec);
        // Beside the checkpoint lies what an earlier run has left.
        progress.Expect(ExpectedRun.Of(spec, Path.GetDirectoryName(CheckpointOf(request))!));
        using var scratch = new ScratchFolder(request.Output, SmallestMapped);
        (SpecInput input, LoadedData data, CalibrationSet calibration) = _stages.Run("read model and data", () => Read(spec, scratch, diagnostics, cancellation));
        int skipped = diagnostics.Count(diagnostic => diagnostic.Descriptor == PruneDiagnostics.ImageUnreadable);
        WorkerNatives.UseOnnxRuntime(request.OnnxRuntime, progress.Line);
        // Whatever decides or is written; the comparisons after it only measure.
        int threads = spec.Prune.Threads == "one" ? 1 : request.Threads, allowed = request.Threads > 0 ? request.Threads : Environment.ProcessorCount;
        KeptClasses? kept = KeptClasses.Of(input, data.Calibration, threads);
        PruneOutcome outcome = pipeline.Run(
            new PruneJob
            {
                Spec = spec,
                Name = spec.Name,
                ModelPath = input.Model.Path,
                ModelBytes = input.Model.Bytes,
                ModelFolder = input.Model.Folder,
                ModelLength = input.Model.Length,
                Model = input.Model.Model,
                Calibration = calibration,
                PersonalSamples = data.Calibration.Count,
                HoldOut = data.HoldOut,
                Classes = kept?.Scores,
                Text = input.Manifest.Text,
                Threads = threads,
                ThreadsUnused = spec.Prune.Threads == "one" && allowed > 1 ? allowed : 0,
                LibTorch = request.LibTorch,
                Checkpoint = CheckpointOf(request),
                Progress = progress,
            },
            cancellation);
        foreach (PruneDiagnostic warning in outcome.Diagnostics) diagnostics.Add(warning);
        _stages.Times.AddRange(outcome.Stages);
        PrunedModel delivered = PrunedModel.Of($"{spec.Name}.pruned.onnx", outcome.Model, LargestFile);
        ModelFile pruned = delivered.File;
        var pair = new ModelPair(input.Model, pruned) { States = input.Presents };
        List<SetEvaluation> evaluations = _stages.Run("compare in ONNX Runtime", () => Evaluate(input, kept is null ? pair : pair with { Dense = kept.Dense }, data, request.Threads, diagnostics, cancellation));
        QualityReport? quality = QualityCheck.Measure(spec, evaluations, (contract, drop) => outcome.Budget?.Fitting(contract.Metric, drop, contract.MaxDrop));
        if (QualityCheck.Judge(spec, quality) is { } missed)
        {
            if (missed.IsError) throw new PruneDiagnosticException(missed);
            diagnostics.Add(missed);
        }
        Latency latency = _stages.Run("measure latency", () => pair.Measure(data.Calibration.Samples[0], cancellation));
        BudgetReport? budget = WithTime(spec, outcome.Budget, latency, diagnostics);
        var report = new PruneReport
        {
            Name = spec.Name,
            Version = ToolVersion,
            Spec = SpecEcho.Of(spec),
            Seed = spec.Prune.Seed,
            Dense = ModelCosts.Of(input.Model, data.Calibration.Samples[0]),
            Pruned = ModelCosts.Of(pruned, data.Calibration.Samples[0]),
            Calibration = new CalibrationFacts(calibration.Count, calibration.Count - data.Calibration.Count, data.HoldOut?.Count ?? 0, skipped, calibration.ContentHash, data.OtherClasses),
            Sites = BlockNumbers.Assign(outcome.Sites),
            Refusals = outcome.Refusals,
            Evaluations = evaluations,
            Quality = quality,
            Budget = budget,
            Latency = latency,
            Exact = outcome.Exact,
            Views = outcome.Views,
            Threads = outcome.Threads,
            Prices = outcome.Prices,
            Additivity = outcome.Additivity,
            Partition = outcome.Partition,
            Probes = outcome.Probes,
            Distill = outcome.Distill,
            MaskedDifference = outcome.MaskedDifference,
            Steps = outcome.Steps,
            Stages = _stages.Times,
            Warnings = [.. diagnostics.Select(diagnostic => $"{diagnostic.Id}: {diagnostic.Message}")],
        };
        cancellation.ThrowIfCancellationRequested();
        PruneResult result = Write(request, input, delivered, report, diagnostics);
        CheckpointFolder.Remove(CheckpointOf(request));
        return result;
    }

    private static string CheckpointOf(PruneRequest request) => request.Checkpoint ?? Path.Combine(Path.GetFullPath(request.Output), "checkpoint");

    /// <summary>Version of this assembly, without the commit.</summary>
    public static string ToolVersion { get; } =
        typeof(PruneRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Reports everything that is missing together, before anything long begins.</summary>
    private static void RequireFiles(PruneSpec spec)
    {
        PruneDiagnostic[] missing = [.. ModelReading.Read(spec).Diagnostics, .. SpecChecks.Data(spec)];
        if (missing.Any(diagnostic => diagnostic.IsError)) throw new PruneDiagnosticException(missing);
    }

    private (SpecInput Input, LoadedData Data, CalibrationSet Calibration) Read(
        PruneSpec spec, ScratchFolder scratch, ICollection<PruneDiagnostic> diagnostics, CancellationToken cancellation)
    {
        ModelFile model = ModelFile.Read(spec.Model.Full, spec.File, spec.PlaceNear("model"), Math.Min(LargestInMemory, ModelFile.LargestFile));
        ModelChecks.RequirePrunable(spec, model, diagnostics);
        if (model.IsTooLarge || model.Bytes.Length > LargestInMemory) model = scratch.Take(spec, model);
        SpecInput input = SpecInput.Fit(spec, model, diagnostics);
        DataSource personal = spec.Data.Personal!;
        LoadedData data = DataLoader.Load(input.Request("personal", personal), personal.Samples, spec.Quality is null && spec.Prune is { Buffer.Steps: <= 1, Distill.Steps: 0 } ? HoldOut : HoldOutForDecisions, diagnostics).WithWeight(personal.Weight);
        cancellation.ThrowIfCancellationRequested();
        CalibrationSet calibration = spec.Data.Common is { } common
            ? data.Join(DataLoader.Load(input.Request("common", common), common.Samples, 0, diagnostics).WithWeight(common.Weight).Calibration)
            : data.Calibration;
        ModelChecks.RequireMemory(spec, model, data.Calibration.Samples[0]);
        // Opened now, so that a test set that does not fit is reported before the model is pruned.
        if (spec.Data.Test is { } test) QualityCheck.RequireMeasurable(spec, "test", DataLoader.Open(input.Request("test", test)).Read([]).Take(64));
        else QualityCheck.RequireMeasurable(spec, data.HoldOut is null ? "calibration" : "hold-out", (data.HoldOut ?? data.Calibration).Samples);
        return (input, data, calibration);
    }

    private static List<SetEvaluation> Evaluate(
        SpecInput input, ModelPair pair, LoadedData data, int threads, ICollection<PruneDiagnostic> diagnostics, CancellationToken cancellation)
    {
        PruneSpec spec = input.Spec;
        string personal = spec.Data.Personal!.Path.Written;
        List<SetEvaluation> evaluations =
        [
            data.HoldOut is { } holdOut
                ? new SetEvaluation("hold-out", personal, Compare(holdOut.Samples))
                : new SetEvaluation("calibration", personal, Compare(data.Calibration.Samples)),
        ];
        if (spec.Data.Test is { } test)
        {
            ISampleSource source = DataLoader.Open(input.Request("test", test));
            IEnumerable<Sample> samples = source.Read(diagnostics);
            evaluations.Add(new SetEvaluation("test", test.Path.Written, Compare(test.Samples is { } limit ? samples.Take(limit) : samples).LeavingOut(source)));
        }
        return evaluations;

        Comparison Compare(IEnumerable<Sample> samples) =>
            pair.Compare(spec.Task, input.Manifest.Labels?.Count ?? 0, data.Calibration.Inputs, samples, threads, cancellation);
    }

    /// <summary>Sets what was promised against what was measured. Only a clear miss is worth a warning: a busy machine is a poor clock.</summary>
    private static BudgetReport? WithTime(PruneSpec spec, BudgetReport? budget, Latency latency, ICollection<PruneDiagnostic> diagnostics)
    {
        if (budget?.Latency is not { } expected) return budget;
        double measured = latency.Pruned.Median / latency.Dense.Median;
        if (spec.Prune.Budget?.Latency is { } asked && measured > asked * LatencyTolerance)
            diagnostics.Add(PruneDiagnostics.LatencyMissed.At(spec.File, spec.PlaceNear("prune.budget.latency"), Share(asked), Share(expected.Share), Share(measured)));
        return budget with { Latency = expected with { Measured = measured } };

        static string Share(double share) => share.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
    }
}
