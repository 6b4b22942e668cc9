using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Applies rewrites one after the other. Each has to give what the dense model gives, in ONNX Runtime; one that does not is undone.</summary>
internal sealed class RewriteSession
{
    private readonly PruneJob _job;
    private readonly ShapeBinding _oneSample;
    private readonly double _tolerance;
    private readonly List<ExactRewrite> _done = [];
    private readonly List<UndoneRewrite> _undone = [];
    private OnnxModel _model;
    private ModelImage? _image;
    private RewriteCost? _first;

    public RewriteSession(PruneJob job, ShapeBinding oneSample)
    {
        (_job, _oneSample, _model) = (job, oneSample, job.LoadModel());
        _tolerance = Verification.Tolerance(_model);
    }

    /// <summary>One rewrite.</summary>
    /// <param name="kind">See <see cref="ExactRewrite"/>.</param>
    /// <param name="rewrite">Edits the model and says what it did; null if it left the model as it was.</param>
    public void Try(string kind, Func<OnnxModel, string?> rewrite)
    {
        try
        {
            Require(kind, rewrite);
        }
        catch (Exception problem) when (problem is PruneDiagnosticException or OnnxRuntimeException or ArgumentException or IndexOutOfRangeException or ArithmeticException or InvalidOperationException)
        {
            _undone.Add(new UndoneRewrite(kind, problem.Message));
            _job.Log($"exact rewrite '{kind}' was undone: {problem.Message}");
            _model = _image is null ? _job.LoadModel() : _image.Load();
        }
    }

    /// <summary>As <see cref="Try"/>, for what cannot be left out.</summary>
    /// <exception cref="PruneDiagnosticException">The rewritten model does not give what the dense one gives.</exception>
    public void Require(string kind, Func<OnnxModel, string?> rewrite)
    {
        // Counted before the edit; of most models nothing is left out, so the size is only taken when it is needed.
        (long macs, long parameters) = Count();
        long bytes = _image?.Length ?? _job.ModelLength;
        if (rewrite(_model) is not { } what) return;
        ModelImage rewritten = ModelImage.Of(_model);
        double difference = Verification.Check(
            _job.Reference(), rewritten, _job.HoldOut ?? _job.Calibration, _tolerance, _job.Threads, "dense model (after an exact rewrite)");
        RewriteCost before = new(macs, parameters, bytes);
        (long macsAfter, long parametersAfter) = Count();
        _first ??= before;
        _image = rewritten;
        _done.Add(new ExactRewrite(kind, what, before, new RewriteCost(macsAfter, parametersAfter, rewritten.Length), difference));
    }

    /// <summary>The outcome.</summary>
    public (OnnxModel Model, ExactRewrites? Rewrites) Finish(TokenSliceResult? slice, string? classesStay)
    {
        if (_done.Count == 0 && _undone.Count == 0) return (_model, null);
        (long macs, long parameters) = _done.Count == 0 ? Count() : (0, 0);
        RewriteCost same = new(macs, parameters, _job.ModelLength);
        return (_model, new ExactRewrites
        {
            Done = _done,
            Undone = _undone,
            Slice = _done.Any(rewrite => rewrite.Kind == "tokens") ? slice : null,
            ClassesStay = classesStay,
            Before = _first ?? same,
            After = _done.Count == 0 ? same : _done[^1].After,
            Model = _image,
        });
    }

    private (long Macs, long Parameters) Count()
    {
        Cost cost = CostModel.Of(_model, ShapeInference.Run(_model, _oneSample)).Total;
        return (cost.Macs, cost.Parameters);
    }
}
