using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>
/// A job for a decoder with caches, as one for a decoder without: the caches are taken off, the rest is pruned as any model, and they are put back as narrow as keys and values are by
/// then (docs/decisions/0056). Only for language models, whose class hides its states: in any other task the shape of an input is what the app relies on.
/// </summary>
internal sealed class StatesApart
{
    private readonly PruneJob _whole;
    private readonly DecoderStates _taken;
    private readonly SplitRun _split;

    private StatesApart(PruneJob whole, PruneJob job, DecoderStates taken, SplitRun split) => (_whole, Job, _taken, _split) = (whole, job, taken, split);

    /// <summary>The job without caches.</summary>
    public PruneJob Job { get; }

    /// <summary>Takes the caches off, if there are some, and putting them back gives what was there.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stay">Why they stay, for the report, where putting them back does not give what was there.</param>
    /// <returns><see langword="null"/> where the job is to be done as it is.</returns>
    public static StatesApart? Of(PruneJob job, out RefusalReport? stay)
    {
        stay = null;
        if (job.Text is not { Refusal: null, States.Count: > 0 } text || SplitRun.Of(job, text) is not { } split) return null;
        OnnxModel model = job.LoadModel();
        // Without exact rewrites operators stay whole, and there is nothing to be had from taking their caches off.
        if (DecoderStates.Take(model, job.LoadModel(), text.States.Select(s => new StateName(s.Past, s.Present, s.Axis)), operators: job.Spec.Prune.Exact) is not { } taken) return null;
        ModelImage without = ModelImage.Of(model);
        try
        {
            OnnxModel back = without.Load();
            List<FusedAttention> apart = [];
            if (taken.Operators is not null) Unfusing.Apply(back, apart);
            taken.Return(back, apart);
            ModelImage again = ModelImage.Of(back);
            split.Check(again);
            Verification.Check(ModelImage.Of(job.Model), again, job.HoldOut ?? job.Calibration, Verification.Tolerance(job.Model), job.Threads, "model with caches");
        }
        catch (Exception problem) when (problem is PruneDiagnosticException or OnnxRuntimeException or InvalidOperationException or ArgumentException)
        {
            stay = new RefusalReport($"'{text.States[0].Past}'", $"caches stay, and the layers that use them: {problem.Message}");
            job.Log(stay.Reason);
            return null;
        }
        job.Log($"{taken.Count} caches are left out, and put back at the end");
        PruneJob left = job with
        {
            Model = without.Load(),
            ModelBytes = without.Bytes,
            ModelFolder = without.Store?.Folder ?? job.ModelFolder,
            ModelLength = job.ModelLength,
            Text = null,
            CachesApart = true,
            WholeOperators = taken.Operators?.Operators ?? new HashSet<string>(),
        };
        return new StatesApart(job, left, taken, split);
    }

    /// <summary>The outcome for the whole model.</summary>
    /// <param name="outcome">That of <see cref="Job"/>.</param>
    /// <exception cref="PruneDiagnosticException">With its caches the pruned model does not compute the same.</exception>
    public PruneOutcome Join(PruneOutcome outcome)
    {
        if (outcome.Model.Bytes.AsSpan().SequenceEqual(Job.ModelBytes.Span)) return outcome with { Model = _whole.AsItCame() };
        OnnxModel model = outcome.Model.Load();
        try
        {
            _taken.Return(model, outcome.Exact?.Whole ?? []);
        }
        catch (InvalidOperationException problem)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.VerificationFailed.In(null, problem.Message), problem);
        }
        ModelImage whole = ModelImage.Of(model);
        return outcome with { Model = whole, MaskedDifference = Math.Max(outcome.MaskedDifference ?? 0, _split.Check(whole)) };
    }
}
