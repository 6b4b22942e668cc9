using PruneTasks.Onnx;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What a cache is for: a text run in two parts, the second with the caches that the first left, gives the same as in one.</summary>
internal sealed class SplitRun
{
    private const int Samples = 4;

    private readonly PruneJob _job;
    private readonly TextManifest _text;
    private readonly IReadOnlyList<IReadOnlyList<TensorData>> _inputs;

    private SplitRun(PruneJob job, TextManifest text, IReadOnlyList<IReadOnlyList<TensorData>> inputs) => (_job, _text, _inputs) = (job, text, inputs);

    /// <summary>Samples of more than one token; <see langword="null"/> if there are none.</summary>
    public static SplitRun? Of(PruneJob job, TextManifest text)
    {
        int tokens = Index(job, text.Inputs.Tokens);
        if (tokens < 0) return null;
        IReadOnlyList<TensorData>[] inputs = [.. (job.HoldOut ?? job.Calibration).Samples.Select(s => s.Inputs).Where(i => i[tokens].Shape[^1] > 1).Take(Samples)];
        return inputs.Length == 0 ? null : new SplitRun(job, text, inputs);
    }

    /// <summary>Runs a model in both ways.</summary>
    /// <param name="model">The model, with its caches.</param>
    /// <returns>The largest difference, relative to the largest score (or 1).</returns>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses it, or the difference is too large.</exception>
    public double Check(ModelImage model)
    {
        using OrtSession session = model.Open("model with caches", _job.Threads);
        double worst = 0, allowed = Verification.Tolerance(_job.Model);
        foreach (IReadOnlyList<TensorData> inputs in _inputs)
        {
            int length = (int)inputs[Index(_job, _text.Inputs.Tokens)].Shape[^1], first = length / 2;
            TensorData whole = Scores(session, session.Run(inputs));
            IReadOnlyList<TensorData?> before = session.Run(Part(inputs, 0, first, []));
            Dictionary<string, TensorData> caches = _text.States.ToDictionary(s => s.Past, s => before[Output(session, s.Present)]!);
            TensorData after = Scores(session, session.Run(Part(inputs, first, length, caches)));
            worst = Math.Max(worst, Difference(whole, after));
        }
        return worst <= allowed ? worst : throw new PruneDiagnosticException(PruneDiagnostics.VerificationFailed.In(null,
            FormattableString.Invariant($"a text run in two parts, with the caches between, gives another result than in one: {worst:g3}, allowed is {allowed:g3}")));
    }

    /// <summary>The inputs for the tokens from <paramref name="from"/> on; a mask covers what went before too.</summary>
    private List<TensorData> Part(IReadOnlyList<TensorData> inputs, int from, int to, Dictionary<string, TensorData> caches) =>
    [
        .. inputs.Select((tensor, i) => _job.Calibration.Inputs[i].Name is var name && caches.TryGetValue(name, out TensorData? cache) ? cache
            : name == _text.Inputs.Mask ? tensor.Slice(tensor.Shape.Count - 1, 0, to)
            : name == _text.Inputs.Tokens || name == _text.Inputs.Positions || name == _text.Inputs.Segments ? tensor.Slice(tensor.Shape.Count - 1, from, to)
            : tensor),
    ];

    private TensorData Scores(OrtSession session, IReadOnlyList<TensorData?> outputs) => outputs[Output(session, _text.Output)]!;

    private static int Output(OrtSession session, string name) => session.OutputNames.ToList().IndexOf(name);

    private static int Index(PruneJob job, string? input) => job.Calibration.Inputs.ToList().FindIndex(i => i.Name == input);

    /// <summary>Between the last rows.</summary>
    private static double Difference(TensorData whole, TensorData part)
    {
        float[] a = whole.ToFloats(), b = part.ToFloats();
        ReadOnlySpan<float> end = a.AsSpan(Math.Max(0, a.Length - b.Length));
        if (end.Length != b.Length) return double.PositiveInfinity;
        double largest = 1, difference = 0;
        for (int i = 0; i < b.Length; i++)
        {
            if (float.IsNaN(end[i]) && float.IsNaN(b[i])) continue;
            largest = Math.Max(largest, Math.Abs(end[i]));
            difference = Math.Max(difference, Math.Abs((double)end[i] - b[i]));
        }
        return double.IsNaN(difference) ? double.PositiveInfinity : difference / largest;
    }
}
