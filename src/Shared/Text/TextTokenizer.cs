namespace PruneTasks.Text;

/// <summary>Which end of a text that is too long is cut off.</summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
enum TextTruncation
{
    /// <summary>The end.</summary>
    Right = 0,

    /// <summary>The beginning.</summary>
    Left = 1,

    /// <summary>Neither: such a text is refused.</summary>
    None = 2,
}

/// <summary>
/// From text to token ids and back. Puts the start and end tokens of the model around what a text is split into. Safe for use from
/// several threads.
/// </summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
abstract class TextTokenizer
{
    private readonly int[] _start;
    private readonly int[] _end;

    /// <summary>A tokenizer of a definition.</summary>
    protected TextTokenizer(TokenizerDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _start = [.. definition.Start];
        _end = [.. definition.End];
        Stop = definition.Stop;
        Pad = definition.Pad;
    }

    /// <summary>The id that fills up.</summary>
    public int Pad { get; }

    /// <summary>Ids that end a text which a language model writes.</summary>
    public IReadOnlyList<int> Stop { get; }

    /// <summary>The ids of a text, start and end tokens included.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">Most ids, start and end tokens included; what is longer is cut.</param>
    /// <param name="truncation">Where it is cut.</param>
    /// <exception cref="ArgumentException">The text is longer and must not be cut.</exception>
    public int[] Encode(string text, int longest = int.MaxValue, TextTruncation truncation = TextTruncation.Right)
    {
        ArgumentNullException.ThrowIfNull(text);
        IReadOnlyList<int> plain = Split(text);
        int room = Math.Max(0, longest - _start.Length - _end.Length);
        if (plain.Count > room && truncation == TextTruncation.None)
            throw new ArgumentException($"The text has {plain.Count + _start.Length + _end.Length} tokens; the model takes at most {longest}.", nameof(text));
        int skip = truncation == TextTruncation.Left ? Math.Max(0, plain.Count - room) : 0;
        return [.. _start, .. plain.Skip(skip).Take(room), .. _end];
    }

    /// <summary>The ids of a prompt: start tokens, then the text, open at its end.</summary>
    public int[] EncodePrompt(string text) => [.. _start, .. Split(text)];

    /// <summary>The ids of a text alone, without start and end tokens.</summary>
    public abstract IReadOnlyList<int> Split(string text);

    /// <summary>The text of ids. Bytes that are not yet a whole character become U+FFFD.</summary>
    public abstract string Decode(IReadOnlyList<int> ids);
}
