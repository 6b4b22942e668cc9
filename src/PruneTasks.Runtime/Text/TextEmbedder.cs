using System.ComponentModel;
using System.Numerics;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>The embedding call of a generated class: fill up, run, pool, normalise.</summary>
/// <typeparam name="TValue">Element type of the output with the vectors.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TextEmbedder<TValue>
    where TValue : unmanaged, INumberBase<TValue>
{
    // As torch.nn.functional.normalize: a vector of zeros stays one.
    private const float LeastNorm = 1e-12f;

    private readonly TextCaller _caller;
    private readonly int _dimensions;

    /// <summary>An embedder on an engine that somebody else owns.</summary>
    /// <param name="engine">The loaded model.</param>
    /// <param name="settings">Which input and output is what, and how vectors become one.</param>
    /// <param name="tokenizer">For texts; null for token ids only.</param>
    /// <param name="dimensions">Length of a vector.</param>
    public TextEmbedder(ModelEngine engine, TextSettings settings, TextTokenizer? tokenizer, int dimensions) =>
        (_caller, _dimensions) = (new TextCaller(engine, settings, tokenizer), dimensions);

    /// <summary>The vector of token ids.</summary>
    /// <exception cref="ArgumentException">The destination is too short, or the ids do not fit.</exception>
    public void Embed<TId>(ReadOnlySpan<TId> ids, Span<float> destination, CancellationToken cancellationToken)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        Check(destination.Length, 1);
        ModelRequest request = _caller.Run(ids, cancellationToken);
        try
        {
            Pool(request, 0, 1, ids.Length, destination[.._dimensions]);
        }
        finally
        {
            _caller.Return(request);
        }
    }

    /// <summary>The vector of a text.</summary>
    public void Embed(string text, Span<float> destination, CancellationToken cancellationToken) =>
        Embed<int>(_caller.Encode(text), destination, cancellationToken);

    /// <summary>The vectors of several texts, one after the other.</summary>
    public void EmbedAll(IReadOnlyList<string> texts, Span<float> destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        int[][] encoded = [.. texts.Select(_caller.Encode)];
        EmbedAll<int>([.. encoded.SelectMany(ids => ids)], [.. encoded.Select(ids => ids.Length)], destination, cancellationToken);
    }

    /// <summary>The same for texts given as the ids of all, one after the other, and how many each has.</summary>
    public void EmbedAll<TId>(ReadOnlySpan<TId> ids, ReadOnlySpan<int> lengths, Span<float> destination, CancellationToken cancellationToken)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        Check(destination.Length, lengths.Length);
        float[] vectors = new float[lengths.Length * _dimensions];
        int[] tokens = [.. lengths];
        _caller.RunAll(ids, lengths, (request, first, count, _) =>
        {
            for (int i = 0; i < count; i++)
                Pool(request, i, count, tokens[first + i], vectors.AsSpan((first + i) * _dimensions, _dimensions));
        }, cancellationToken);
        vectors.CopyTo(destination);
    }

    private void Pool(ModelRequest request, int row, int rows, int tokens, Span<float> vector)
    {
        ReadOnlySpan<TValue> all = request.Output<TValue>(_caller.Roles.Output);
        int places = all.Length / rows / _dimensions;
        if (places == 0 || places * rows * _dimensions != all.Length || (_caller.Settings.Pooling == TextPooling.None && places != 1))
        {
            throw new ModelException(ModelErrorKind.Shape, _caller.Settings.Output,
                $"Output '{_caller.Settings.Output}' of model '{_caller.Engine.Name}' is {ModelShapes.Text(request.OutputShape(_caller.Roles.Output))}, which is not one vector of {_dimensions} "
                + $"per {(_caller.Settings.Pooling == TextPooling.None ? "text" : "token")}.");
        }
        // A model that gives another number of places than tokens has merged some: then all of them count.
        int real = Math.Min(places, tokens);
        ReadOnlySpan<TValue> own = all.Slice(row * places * _dimensions, places * _dimensions);
        int first = _caller.Settings.Pooling == TextPooling.Last ? real - 1 : 0;
        int count = _caller.Settings.Pooling == TextPooling.Mean ? real : 1;
        vector.Clear();
        for (int place = first; place < first + count; place++)
        {
            ReadOnlySpan<TValue> values = own.Slice(place * _dimensions, _dimensions);
            for (int i = 0; i < vector.Length; i++)
                vector[i] += float.CreateTruncating(values[i]);
        }
        float scale = 1f / count;
        if (_caller.Settings.Normalize)
            scale /= Math.Max(Norm(vector) / count, LeastNorm);
        for (int i = 0; i < vector.Length; i++)
            vector[i] *= scale;
    }

    private static float Norm(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float value in vector)
            sum += (double)value * value;
        return (float)Math.Sqrt(sum);
    }

    private void Check(int length, int texts)
    {
        if (length < checked(texts * _dimensions))
            throw new ArgumentException($"The destination has {length} places; {texts} vectors of {_dimensions} need {texts * _dimensions}.", "destination");
    }
}
