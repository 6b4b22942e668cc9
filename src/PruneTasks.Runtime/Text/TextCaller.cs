using System.Numerics;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>Runs texts through a model: writes ids, mask, sentence numbers and places, and fills up where the model wants a fixed length.</summary>
internal sealed class TextCaller
{
    private readonly RequestPool _requests;
    private readonly int[] _largest;

    public TextCaller(ModelEngine engine, TextSettings settings, TextTokenizer? tokenizer)
    {
        (Engine, Settings, Tokenizer) = (engine, settings, tokenizer);
        Roles = new TextRoles(engine, settings);
        MaxLength = Math.Min(settings.MaxLength, Roles.FixedLength ?? int.MaxValue);
        _largest = new int[engine.Axes.Length];
        Resolve(_largest, 1, Roles.FixedLength ?? MaxLength);
        _requests = new RequestPool(engine, _largest);
    }

    public ModelEngine Engine { get; }

    public TextSettings Settings { get; }

    public TextTokenizer? Tokenizer { get; }

    public TextRoles Roles { get; }

    /// <summary>Most tokens of one text.</summary>
    public int MaxLength { get; }

    /// <summary>The ids of a text, cut as the spec says.</summary>
    public int[] Encode(string text) =>
        (Tokenizer ?? throw new InvalidOperationException($"Model '{Engine.Name}' has no tokenizer.")).Encode(text, MaxLength, Settings.Truncation);

    /// <summary>Runs one text. Give the request back with <see cref="Return"/>.</summary>
    /// <exception cref="ArgumentException">No ids, or more than the model takes.</exception>
    public ModelRequest Run<TId>(ReadOnlySpan<TId> ids, CancellationToken cancellationToken)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        Check(ids.Length);
        Engine.ThrowIfDisposed();
        ModelRequest request = _requests.Rent();
        try
        {
            int length = Roles.FixedLength ?? ids.Length;
            Span<int> axes = stackalloc int[_largest.Length];
            Resolve(axes, 1, length);
            request.Resize(axes);
            foreach (int input in Roles.Inputs)
                Roles.Write(input, request.InputBytes(input), ids, 0, Settings.Pad);
            request.Run(cancellationToken);
            return request;
        }
        catch
        {
            Return(request);
            throw;
        }
    }

    /// <summary>Gives a request back.</summary>
    public void Return(ModelRequest request) => _requests.Return(request);

    /// <summary>
    /// Runs several texts, all together where that gives the same: filled up to the longest, if the model is told what is padding. Otherwise one by one.
    /// </summary>
    /// <param name="ids">The ids of all texts, one after the other.</param>
    /// <param name="lengths">Ids of each text.</param>
    /// <param name="read">Called for each run with the request, its first text, how many there are, and the lengths.</param>
    /// <param name="cancellationToken">Stops between two operators.</param>
    public void RunAll<TId>(ReadOnlySpan<TId> ids, ReadOnlySpan<int> lengths, Action<ModelRequest, int, int, int> read, CancellationToken cancellationToken)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        int sum = 0, longest = 0;
        bool alike = true;
        foreach (int length in lengths)
        {
            Check(length);
            sum = checked(sum + length);
            longest = Math.Max(longest, length);
            alike &= length == lengths[0];
        }
        if (sum != ids.Length)
            throw new ArgumentException($"The lengths sum to {sum}, but there are {ids.Length} ids.", nameof(lengths));
        if (!Roles.Batched || lengths.Length < 2 || (!alike && Roles.FixedLength is null && Roles.Mask is null))
        {
            for (int i = 0, at = 0; i < lengths.Length; at += lengths[i++])
            {
                ModelRequest one = Run(ids.Slice(at, lengths[i]), cancellationToken);
                try
                {
                    read(one, i, 1, lengths[i]);
                }
                finally
                {
                    Return(one);
                }
            }
            return;
        }
        int entries = Roles.FixedLength ?? longest;
        int[] axes = new int[_largest.Length];
        Resolve(axes, lengths.Length, entries);
        using ModelRequest request = Engine.CreateRequest(axes);
        foreach (int input in Roles.Inputs)
        {
            Span<byte> bytes = request.InputBytes(input);
            int row = bytes.Length / lengths.Length;
            for (int i = 0, at = 0; i < lengths.Length; at += lengths[i++])
                Roles.Write(input, bytes.Slice(i * row, row), ids.Slice(at, lengths[i]), 0, Settings.Pad);
        }
        request.Run(cancellationToken);
        read(request, 0, lengths.Length, entries);
    }

    private void Check(int ids)
    {
        if (ids == 0)
            throw new ArgumentException("A text needs at least one token.", nameof(ids));
        if (ids > MaxLength)
            throw new ArgumentException($"A text has {ids} tokens; model '{Engine.Name}' takes at most {MaxLength}. Texts are cut by their tokenizer, ids are not.", nameof(ids));
    }

    // The last axis of an input of tokens is the length, one before it the batch; exporters may call the same axis by several names.
    private void Resolve(Span<int> axes, int batch, int length)
    {
        axes.Fill(1);
        foreach (int input in Roles.Inputs)
        {
            int[] shape = Engine.Inputs[input].Shape ?? [];
            for (int i = 0; i < shape.Length; i++)
            {
                if (shape[i] < 0)
                    axes[-1 - shape[i]] = i == shape.Length - 1 ? length : batch;
            }
        }
    }
}
