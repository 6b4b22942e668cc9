using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Running;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>One model to be pruned in one way, and what to measure it on.</summary>
/// <param name="Subject">The model and its data.</param>
/// <param name="Seed">Chooses the samples.</param>
/// <param name="Prune">Lines of the spec's section <c>prune</c>.</param>
/// <param name="Data">Lines of the spec's section <c>data</c>; null for the subject's own.</param>
/// <param name="Calibration">Samples to calibrate on; null for the subject's own number.</param>
/// <param name="Classes">Measure only the answer among these; null for all.</param>
internal sealed record Trial(Subject Subject, int Seed, string Prune, string? Data = null, int? Calibration = null, int[]? Classes = null)
{
    /// <summary>The text of its spec.</summary>
    public string Spec => Subject.Spec(Seed, Prune, Data, Calibration);
}

/// <summary>
/// Runs trials in this process, as the worker does, and remembers each in a folder of temporary files by what went into it: spec, test data and the
/// builds of all assemblies. An interrupted benchmark goes on where it was.
/// </summary>
internal sealed class TrialRunner(string work, int testSamples, CancellationToken cancellation)
{
    private readonly Dictionary<string, TestSet> _tests = [];

    private static readonly string s_builds = string.Concat(
        new[] { typeof(TrialRunner), typeof(PruneRun), typeof(SequentialBuilder), typeof(PruneSite), typeof(Graph), typeof(PruneSpec) }.Select(t => t.Module.ModuleVersionId));

    /// <summary>The trial's figures.</summary>
    public Figures Run(Trial trial) => Run(trial, out _);

    /// <summary>The trial's figures and its pruned model.</summary>
    public Figures Run(Trial trial, out string model)
    {
        cancellation.ThrowIfCancellationRequested();
        string what = $"{s_builds}|{testSamples}|{trial.Subject.Test}|{string.Join(',', trial.Classes ?? [])}|{trial.Spec}";
        string folder = Path.Combine(work, "trials", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(what)))[..24]);
        string done = Path.Combine(folder, "figures.json");
        model = Path.Combine(folder, "out", "m.pruned.onnx");
        if (File.Exists(done)) return JsonSerializer.Deserialize<Figures>(File.ReadAllText(done))!;

        Directory.CreateDirectory(folder);
        string spec = Path.Combine(folder, "m.prune.yaml");
        File.WriteAllText(spec, trial.Spec);
        long start = Stopwatch.GetTimestamp();
        List<PruneDiagnostic> diagnostics = [];
        new PruneRun(new PrunePipeline(), static _ => { }).Run(new PruneRequest { Spec = spec, Output = Path.Combine(folder, "out") }, diagnostics, cancellation);
        var output = new PruneOutput(Path.Combine(folder, "out"), "m");
        Dictionary<string, double> stages = output.Stages.GroupBy(s => s.Name).ToDictionary(g => g.Key, g => g.Sum(s => s.Seconds));
        var compared = Test(trial.Subject).Compare(model, trial.Classes);
        var figures = new Figures(
            compared.Samples, compared.Kl, compared.Agreement, compared.Top1, compared.DenseTop1,
            trial.Subject.IsLanguage ? Math.Exp(compared.Loss) : 0, trial.Subject.IsLanguage ? Math.Exp(compared.DenseLoss) : 0,
            (double)output.Count("pruned", "macs") / output.Count("dense", "macs"),
            stages.Where(s => !s.Key.StartsWith("compare", StringComparison.Ordinal) && !s.Key.Contains("latency", StringComparison.Ordinal)).Sum(s => s.Value), stages);
        File.WriteAllText(done + ".part", JsonSerializer.Serialize(figures));
        File.Move(done + ".part", done, overwrite: true);
        Console.Error.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{trial.Subject.Name} seed {trial.Seed} {trial.Prune.ReplaceLineEndings("; ")}: KL {figures.Kl:G3}, MACs {figures.Macs:P1}, {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s{string.Concat(diagnostics.Where(d => d.Id.StartsWith("PRUNE04", StringComparison.Ordinal)).Select(d => " " + d.Id))}"));
        return figures;
    }

    private TestSet Test(Subject subject)
    {
        if (_tests.TryGetValue(subject.Test, out TestSet? known)) return known;
        string spec = Path.Combine(work, "test.prune.yaml");
        File.WriteAllText(spec, subject.Spec(42, "exact: true", $"personal: {{ path: \"{Subject.Slashes(subject.Calibration)}\" }}\n  test: {{ path: \"{Subject.Slashes(subject.Test)}\" }}"));
        return _tests[subject.Test] = new TestSet(subject, spec, testSamples);
    }
}
