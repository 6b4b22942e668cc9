using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>Test samples of a subject in memory, with the dense model's answers.</summary>
internal sealed class TestSet
{
    private const int Batch = 32;

    private readonly Subject _subject;
    private readonly List<(IReadOnlyList<Sample> Samples, float[] Dense, int Width)> _batches = [];

    /// <summary>Reads the samples and runs the dense model on them.</summary>
    /// <param name="subject">Whose.</param>
    /// <param name="specFile">A spec of the subject with its test data.</param>
    /// <param name="limit">At most so many samples.</param>
    public TestSet(Subject subject, string specFile, int limit)
    {
        _subject = subject;
        List<PruneDiagnostic> diagnostics = [];
        PruneSpec spec = SpecInput.ReadSpec(specFile, diagnostics);
        SpecInput input = SpecInput.Fit(spec, ModelFile.Read(subject.Model, specFile, SourceSpan.None), diagnostics);
        DataRequest request = input.Request("test", spec.Data.Test!);
        using OrtSession dense = OrtSession.Load(subject.Model, 0);
        foreach (IReadOnlyList<Sample> samples in Batching.Split(request.Inputs, DataLoader.Open(request).Read(diagnostics).Take(limit), Batch))
        {
            TensorData answers = dense.Run(Batching.Join(samples))[0]!;
            _batches.Add((samples, answers.ToFloats(), (int)answers.Shape[^1]));
        }
    }

    /// <summary>Compares a pruned model with the dense one.</summary>
    /// <param name="model">The pruned ONNX file.</param>
    /// <param name="classes">Only samples of these classes, and the answer among them; null for all.</param>
    public (int Samples, double Kl, double Agreement, double Top1, double DenseTop1, double Loss, double DenseLoss) Compare(string model, int[]? classes)
    {
        using OrtSession pruned = OrtSession.Load(model, 0);
        (int rows, int labelled, double kl, int same, int right, int denseRight, double loss, double denseLoss) = (0, 0, 0, 0, 0, 0, 0, 0);
        foreach ((IReadOnlyList<Sample> batch, float[] dense, int width) in _batches)
        {
            int perSample = dense.Length / width / batch.Count;
            float[] answers = pruned.Run(Batching.Join(batch))[0]!.ToFloats();
            for (int s = 0; s < batch.Count; s++)
            {
                if (classes is not null && !classes.Contains(batch[s].Label ?? -1)) continue;
                long[]? tokens = _subject.IsLanguage ? batch[s].Inputs[0].ToInt64s() : null;
                for (int t = 0; t < perSample; t++)
                {
                    int at = ((s * perSample) + t) * width;
                    float[] a = Row(dense, at, width, classes), b = Row(answers, at, width, classes);
                    bool shares = Scores.AreProbabilities(dense.AsSpan(at, width));
                    kl += shares ? Scores.KlOfProbabilities(Normal(a), Normal(b)) : Scores.KlOfLogits(a, b);
                    rows++;
                    (int first, int other) = (Scores.Top(a), Scores.Top(b));
                    if (first == other) same++;
                    if (tokens is not null && t + 1 < tokens.Length)
                    {
                        labelled++;
                        denseLoss += Surprise(a, (int)tokens[t + 1]);
                        loss += Surprise(b, (int)tokens[t + 1]);
                    }
                    else if (tokens is null && batch[s].Label is { } label)
                    {
                        int wanted = classes is null ? label : Array.IndexOf(classes, label);
                        labelled++;
                        if (first == wanted) denseRight++;
                        if (other == wanted) right++;
                    }
                }
            }
        }
        double n = Math.Max(1, labelled);
        return (rows, kl / rows, (double)same / rows, right / n, denseRight / n, loss / n, denseLoss / n);
    }

    private static float[] Row(float[] all, int at, int width, int[]? classes) => classes is null ? all[at..(at + width)] : [.. classes.Select(c => all[at + c])];

    private static float[] Normal(float[] shares)
    {
        float sum = shares.Sum();
        return [.. shares.Select(s => s / sum)];
    }

    /// <summary>−log of the softmax at one entry.</summary>
    private static double Surprise(float[] logits, int entry)
    {
        double most = logits.Max();
        return most + Math.Log(logits.Sum(l => Math.Exp(l - most))) - logits[entry];
    }
}
