using System.ComponentModel;
using System.Numerics;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>The text classification call of a generated class: fill up, run, softmax, best classes.</summary>
/// <typeparam name="TScore">Element type of the output with the class scores.</typeparam>
/// <typeparam name="TLabel">The label enum, or <see cref="int"/>.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TextClassifier<TScore, TLabel>
    where TScore : unmanaged, INumberBase<TScore>
    where TLabel : unmanaged
{
    private readonly TextCaller _caller;
    private readonly int _labels;

    /// <summary>A classifier on an engine that somebody else owns.</summary>
    /// <param name="engine">The loaded model.</param>
    /// <param name="settings">Which input and output is what.</param>
    /// <param name="tokenizer">For texts; null for token ids only.</param>
    /// <param name="labels">Number of labels, which must be the number of scores; 0 for a model without labels.</param>
    public TextClassifier(ModelEngine engine, TextSettings settings, TextTokenizer? tokenizer, int labels) =>
        (_caller, _labels) = (new TextCaller(engine, settings, tokenizer), labels);

    /// <summary>The best class of token ids.</summary>
    public Prediction<TLabel> Classify<TId>(ReadOnlySpan<TId> ids, CancellationToken cancellationToken)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        Prediction<TLabel> best = default;
        if (Classify(ids, new Span<Prediction<TLabel>>(ref best), cancellationToken) == 0)
            throw Unexpected(0);
        return best;
    }

    /// <summary>The best classes of token ids, best first; returns how many were written.</summary>
    /// <exception cref="ModelException">The number of scores is not the number of labels, or the model failed.</exception>
    public int Classify<TId>(ReadOnlySpan<TId> ids, Span<Prediction<TLabel>> destination, CancellationToken cancellationToken)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        ModelRequest request = _caller.Run(ids, cancellationToken);
        try
        {
            return ClassScores.Top(Row(request, 0, 1), destination);
        }
        finally
        {
            _caller.Return(request);
        }
    }

    /// <summary>The best class of a text.</summary>
    public Prediction<TLabel> Classify(string text, CancellationToken cancellationToken) => Classify<int>(_caller.Encode(text), cancellationToken);

    /// <summary>The best classes of a text, best first.</summary>
    public int Classify(string text, Span<Prediction<TLabel>> destination, CancellationToken cancellationToken) =>
        Classify<int>(_caller.Encode(text), destination, cancellationToken);

    /// <summary>The best class of each of several texts.</summary>
    public Prediction<TLabel>[] ClassifyAll(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        int[][] encoded = [.. texts.Select(_caller.Encode)];
        return ClassifyAll<int>([.. encoded.SelectMany(ids => ids)], [.. encoded.Select(ids => ids.Length)], cancellationToken);
    }

    /// <summary>The best class of each of several texts, given as the ids of all, one after the other, and how many each has.</summary>
    public Prediction<TLabel>[] ClassifyAll<TId>(ReadOnlySpan<TId> ids, ReadOnlySpan<int> lengths, CancellationToken cancellationToken)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        Prediction<TLabel>[] best = new Prediction<TLabel>[lengths.Length];
        _caller.RunAll(ids, lengths, (request, first, count, _) =>
        {
            for (int i = 0; i < count; i++)
            {
                if (ClassScores.Top(Row(request, i, count), best.AsSpan(first + i, 1)) == 0)
                    throw Unexpected(0);
            }
        }, cancellationToken);
        return best;
    }

    private ReadOnlySpan<TScore> Row(ModelRequest request, int row, int rows)
    {
        ReadOnlySpan<TScore> scores = request.Output<TScore>(_caller.Roles.Output);
        int each = scores.Length / rows;
        if ((_labels != 0 && each != _labels) || each * rows != scores.Length)
            throw Unexpected(each);
        return scores.Slice(row * each, each);
    }

    private ModelException Unexpected(int scores) => new(ModelErrorKind.Shape, _caller.Settings.Output, _labels == 0
        ? $"Model '{_caller.Engine.Name}' gave no scores."
        : $"Model '{_caller.Engine.Name}' gave {scores} scores for one text, but there are {_labels} labels.");
}
