using PruneTasks.Spec;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Judges builds before one of them is delivered: the masked graph in ONNX Runtime against the dense model, on samples that did not decide.</summary>
internal sealed class TrialRuns(PruneJob job, PreparedModel model)
{
    /// <summary>A veto over measured prices needs so many samples.</summary>
    private const int SamplesForVeto = 128;

    private ModelFile? _dense;

    /// <summary>What is run: hold-out, or the calibration samples where nothing could be held back.</summary>
    public CalibrationSet Set => job.HoldOut ?? job.Calibration;

    /// <summary>The name of <see cref="Set"/>.</summary>
    public string SetName => job.HoldOut is null ? "calibration" : "hold-out";

    /// <summary>Compares a build with the dense model.</summary>
    public Comparison Compare(BuildResult build, CancellationToken cancellation)
    {
        _dense ??= job is { Classes: null, CachesApart: false } ? ModelFile.Read(job.ModelPath) : ModelFile.Of(job.ModelPath, job.Reference());
        int labels = job.Classes?.Classes.Count ?? SpecChecks.Labels(job.Spec, [])?.Count ?? 0;
        return new ModelPair(_dense, ModelFile.Of("masked model", model.Masked(build))).Compare(job.Spec.Task, labels, Set.Inputs, Set.Samples, job.Threads, cancellation);
    }

    /// <summary>Pairs two builds sample by sample.</summary>
    public UniformTrial? Pair(Comparison measured, Comparison uniform)
    {
        bool kl = measured.Kl is not null && uniform.Kl is not null;
        if (measured.PerSample.Count < 2 || measured.PerSample.Count != uniform.PerSample.Count) return null;
        double[] a = [.. measured.PerSample.Select(Loss)], b = [.. uniform.PerSample.Select(Loss)];
        double[] difference = [.. b.Zip(a, (x, y) => x - y)];
        double mean = difference.Average();
        double error = Math.Sqrt(difference.Sum(d => (d - mean) * (d - mean)) / (difference.Length - 1) / difference.Length);
        bool overruled = job.HoldOut is not null && difference.Length >= SamplesForVeto && mean < -2 * error;
        return new UniformTrial(difference.Length, kl ? "kl" : "cosine", a.Average(), b.Average(), mean, error, overruled);

        double Loss(SampleFigures s) => (kl ? s.Kl : s.Rows - s.Cosine) / Math.Max(1, s.Rows);
    }
}
