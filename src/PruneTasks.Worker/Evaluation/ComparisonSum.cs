using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Evaluation;

/// <summary>Accumulates a <see cref="Comparison"/> over runs.</summary>
internal sealed class ComparisonSum
{
    private static readonly ElementType[] Floats = [ElementType.Float32, ElementType.Float16, ElementType.Float64, ElementType.BFloat16];

    private readonly bool? _scores;
    private readonly NextTokens? _tokens;
    private readonly IReadOnlyList<string> _names;
    private readonly DifferenceSum[] _differences;
    private readonly bool[] _seen;
    private readonly List<SampleFigures> _figures = [];
    private int _samples;
    private readonly List<double> _klOfProbabilities = [];
    private bool _probabilities = true;
    private bool _scored;
    private bool _ids;

    /// <param name="names">The outputs.</param>
    /// <param name="scores">Whether the first output holds class scores; null: if all its rows are probabilities.</param>
    /// <param name="tokens">Where the samples tell the next token; null for other tasks.</param>
    public ComparisonSum(IReadOnlyList<string> names, bool? scores, NextTokens? tokens = null)
    {
        _names = names;
        _scores = scores;
        _tokens = tokens;
        _differences = [.. names.Select(name => new DifferenceSum(name))];
        _seen = new bool[names.Count];
    }

    /// <summary>Adds the outputs of one run.</summary>
    /// <exception cref="InvalidOperationException">The two models give outputs of different shape.</exception>
    public void Add(IReadOnlyList<Sample> run, IReadOnlyList<TensorData?> dense, IReadOnlyList<TensorData?> pruned)
    {
        _samples += run.Count;
        bool first = true;
        for (int i = 0; i < dense.Count; i++)
        {
            if (i == 0 && dense[i] is { } ids && pruned[i] is { } others && AreWhole(ids, others)) AddIds(run, ids, others);
            if (dense[i] is not { } a || !Floats.Contains(a.Type)) continue;
            if (pruned[i] is not { } b || b.Type != a.Type || !b.Shape.SequenceEqual(a.Shape))
                throw new InvalidOperationException($"output '{_names[i]}' is {a.Type}[{string.Join(", ", a.Shape)}] in one model and {(pruned[i] is { } p ? $"{p.Type}[{string.Join(", ", p.Shape)}]" : "nothing")} in the other");
            float[] denseValues = a.ToFloats();
            float[] prunedValues = b.ToFloats();
            _seen[i] = true;
            _differences[i].Add(denseValues, prunedValues);
            if (first && !_ids && ClassesOf(a.Shape) is >= 2 and { } classes) AddRows(run, denseValues, prunedValues, (int)classes);
            first = false;
        }
    }

    /// <summary>The outcome.</summary>
    public Comparison Finish(IReadOnlyList<string> remarks)
    {
        long rows = _figures.Sum(f => (long)f.Rows);
        bool scores = _scored && rows > 0 && (_scores ?? _probabilities);
        SampleFigures[] samples = [.. _figures.Select((f, i) => _probabilities ? f with { Kl = _klOfProbabilities[i] } : f)];
        double kl = samples.Sum(f => f.Kl) / Math.Max(1, rows);
        // Rounding may leave a sum of non-negative terms a hair below zero.
        kl = kl is < 0 and > -1e-9 ? 0 : kl;
        int labelled = scores ? _figures.Count(f => f.DenseRight is not null) : 0;
        double cosine = _figures.Sum(f => f.Cosine) / Math.Max(1, rows);
        double tokens = scores ? _figures.Sum(f => (double)f.Tokens) : 0;
        return new Comparison
        {
            Samples = _samples,
            Agreement = (scores || _ids) && rows > 0 ? (double)_figures.Sum(f => (long)f.Same) / rows : null,
            Kl = scores && double.IsFinite(kl) ? kl : null,
            Labelled = labelled,
            DenseTop1 = labelled > 0 ? (double)_figures.Count(f => f.DenseRight == true) / labelled : null,
            PrunedTop1 = labelled > 0 ? (double)_figures.Count(f => f.PrunedRight == true) / labelled : null,
            Cosine = rows > 0 && !_ids && double.IsFinite(cosine) ? cosine : null,
            DensePerplexity = tokens > 0 ? Math.Exp(_figures.Sum(f => f.DenseEntropy) / tokens) : null,
            PrunedPerplexity = tokens > 0 ? Math.Exp(_figures.Sum(f => f.PrunedEntropy) / tokens) : null,
            PerSample = samples,
            Outputs = [.. _differences.Where((_, i) => _seen[i]).Select(difference => difference.Finish())],
            Remarks = scores && !double.IsFinite(kl) ? [.. remarks, "a model gives scores that are not finite; KL is not defined"] : remarks,
        };
    }

    /// <summary>The last axis that is not 1, after the first one: some networks leave images of one pixel, [1, 1000, 1, 1].</summary>
    private static long ClassesOf(IReadOnlyList<long> shape)
    {
        int axis = shape.Count - 1;
        while (axis > 1 && shape[axis] == 1) axis--;
        return axis < 1 ? 0 : shape[axis];
    }

    // A model that picks the class itself gives its number, or truth values.
    private static bool AreWhole(TensorData a, TensorData b) =>
        !Floats.Contains(a.Type) && TensorData.SizeOf(a.Type) is not null && a.Type == b.Type && a.Count > 0 && a.Shape.SequenceEqual(b.Shape);

    private void AddIds(IReadOnlyList<Sample> run, TensorData dense, TensorData pruned)
    {
        _ids = true;
        int bytes = TensorData.SizeOf(dense.Type)!.Value, parts = dense.Count % run.Count == 0 ? run.Count : 1, each = (int)dense.Count / parts;
        for (int part = 0; part < parts; part++)
        {
            int same = Enumerable.Range(part * each, each).Count(i => dense.Bytes.Span.Slice(i * bytes, bytes).SequenceEqual(pruned.Bytes.Span.Slice(i * bytes, bytes)));
            _figures.Add(new SampleFigures { Rows = each, Same = same });
            _klOfProbabilities.Add(0);
        }
    }

    /// <summary>Rows belong to the samples in order; where they cannot be told apart, the run counts as one sample without a label.</summary>
    private void AddRows(IReadOnlyList<Sample> run, float[] dense, float[] pruned, int classes)
    {
        int rows = dense.Length / classes;
        int parts = rows % run.Count == 0 ? run.Count : 1;
        for (int part = 0; part < parts; part++)
        {
            Sample? sample = parts == run.Count ? run[part] : null;
            _figures.Add(Figures(sample, dense.AsMemory(part * rows / parts * classes, rows / parts * classes), pruned.AsMemory(part * rows / parts * classes, rows / parts * classes), classes));
        }
    }

    private SampleFigures Figures(Sample? sample, ReadOnlyMemory<float> dense, ReadOnlyMemory<float> pruned, int classes)
    {
        int rows = dense.Length / classes;
        var figures = new SampleFigures { Rows = rows };
        double klOfProbabilities = 0;
        long?[]? next = sample is null ? null : _tokens?.After(sample, rows);
        int? label = rows == 1 && sample?.Label is { } known && known >= 0 && known < classes ? known : null;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> a = dense.Span.Slice(row * classes, classes), b = pruned.Span.Slice(row * classes, classes);
            figures = figures with { Cosine = figures.Cosine + Scores.Cosine(a, b) };
            if (_scores is false) continue;
            _scored = true;
            int denseTop = Scores.Top(a), prunedTop = Scores.Top(b);
            _probabilities = _probabilities && Scores.AreProbabilities(a) && Scores.AreProbabilities(b);
            // Which of the two counts is known at the end only.
            if (_probabilities) klOfProbabilities += Scores.KlOfProbabilities(a, b);
            figures = figures with
            {
                Same = figures.Same + (denseTop == prunedTop ? 1 : 0),
                Kl = figures.Kl + Scores.KlOfLogits(a, b),
                DenseRight = label is { } l ? denseTop == l : null,
                PrunedRight = label is { } m ? prunedTop == m : null,
            };
            if (next?[row] is not { } token || token < 0 || token >= classes) continue;
            figures = figures with
            {
                Tokens = figures.Tokens + 1,
                DenseEntropy = figures.DenseEntropy + Scores.Surprise(a, (int)token),
                PrunedEntropy = figures.PrunedEntropy + Scores.Surprise(b, (int)token),
            };
        }
        _klOfProbabilities.Add(klOfProbabilities);
        return figures;
    }
}
