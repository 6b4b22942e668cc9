using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Evaluation;

/// <summary>Accumulates a <see cref="Comparison"/> over runs.</summary>
internal sealed class ComparisonSum
{
    private static readonly ElementType[] Floats = [ElementType.Float32, ElementType.Float16, ElementType.Float64, ElementType.BFloat16];

    private readonly bool? _scores;
    private readonly IReadOnlyList<string> _names;
    private readonly DifferenceSum[] _differences;
    private readonly bool[] _seen;
    private int _samples;
    private long _rows;
    private long _same;
    private double _klOfLogits;
    private double _klOfProbabilities;
    private bool _probabilities = true;
    private int _labelled;
    private int _denseRight;
    private int _prunedRight;
    private bool _rowsAreSamples = true;

    /// <param name="names">The outputs.</param>
    /// <param name="scores">Whether the first output holds class scores; null: if all its rows are probabilities.</param>
    public ComparisonSum(IReadOnlyList<string> names, bool? scores)
    {
        _names = names;
        _scores = scores;
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
            if (dense[i] is not { } a || !Floats.Contains(a.Type)) continue;
            if (pruned[i] is not { } b || b.Type != a.Type || !b.Shape.SequenceEqual(a.Shape))
                throw new InvalidOperationException($"output '{_names[i]}' is {a.Type}[{string.Join(", ", a.Shape)}] in one model and {(pruned[i] is { } p ? $"{p.Type}[{string.Join(", ", p.Shape)}]" : "nothing")} in the other");
            float[] denseValues = a.ToFloats();
            float[] prunedValues = b.ToFloats();
            _seen[i] = true;
            _differences[i].Add(denseValues, prunedValues);
            if (first && _scores is not false && ClassesOf(a.Shape) is >= 2 and { } classes) AddScores(run, denseValues, prunedValues, (int)classes);
            first = false;
        }
    }

    /// <summary>The outcome.</summary>
    public Comparison Finish(IReadOnlyList<string> remarks)
    {
        bool scores = _rows > 0 && (_scores ?? _probabilities);
        double kl = (_probabilities ? _klOfProbabilities : _klOfLogits) / Math.Max(1, _rows);
        // Rounding may leave a sum of non-negative terms a hair below zero.
        kl = kl is < 0 and > -1e-9 ? 0 : kl;
        bool labelled = scores && _rowsAreSamples && _labelled > 0;
        return new Comparison
        {
            Samples = _samples,
            Agreement = scores ? (double)_same / _rows : null,
            Kl = scores && double.IsFinite(kl) ? kl : null,
            Labelled = labelled ? _labelled : 0,
            DenseTop1 = labelled ? (double)_denseRight / _labelled : null,
            PrunedTop1 = labelled ? (double)_prunedRight / _labelled : null,
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

    private void AddScores(IReadOnlyList<Sample> run, float[] dense, float[] pruned, int classes)
    {
        int rows = dense.Length / classes;
        _rowsAreSamples &= rows == run.Count;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> a = dense.AsSpan(row * classes, classes);
            ReadOnlySpan<float> b = pruned.AsSpan(row * classes, classes);
            int denseTop = Scores.Top(a);
            int prunedTop = Scores.Top(b);
            _rows++;
            if (denseTop == prunedTop) _same++;
            _probabilities = _probabilities && Scores.AreProbabilities(a) && Scores.AreProbabilities(b);
            if (_probabilities) _klOfProbabilities += Scores.KlOfProbabilities(a, b);
            _klOfLogits += Scores.KlOfLogits(a, b);
            if (rows != run.Count || run[row].Label is not { } label || label < 0 || label >= classes) continue;
            _labelled++;
            if (denseTop == label) _denseRight++;
            if (prunedTop == label) _prunedRight++;
        }
    }
}
