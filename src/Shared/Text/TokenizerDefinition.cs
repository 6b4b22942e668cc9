using System.Text.Json;

namespace PruneTasks.Text;

/// <summary>
/// What a tokenizer is made of. The build reads the user's files (tokenizer.json, vocab.txt, …) and writes this form, so that the app
/// and the worker make the same tokenizer without knowing any of those formats. Written by Tokenizer of PruneTasks.Spec.
/// </summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
sealed class TokenizerDefinition
{
    private const int NewestVersion = 2;

    private TokenizerDefinition(JsonElement root, byte[] data)
    {
        if (Number(root, "version") is not NewestVersion)
            throw new FormatException($"The tokenizer is of version {Number(root, "version")}; {NewestVersion} is known.");
        Kind = root.GetProperty("kind").GetString()!;
        Data = data;
        Tokens = root.TryGetProperty("tokens", out JsonElement tokens) ? [.. tokens.EnumerateArray().Select(token => token.GetString())] : [];
        Merges = Ids(root, "merges");
        Scores = root.TryGetProperty("scores", out JsonElement scores) ? [.. scores.EnumerateArray().Select(score => score.GetDouble())] : [];
        Added = root.TryGetProperty("added", out JsonElement added) ? [.. added.EnumerateArray().Select(token => new AddedToken(
            token.GetProperty("text").GetString()!, token.GetProperty("id").GetInt32(), Flag(token, "silent"), Flag(token, "normalized"),
            Flag(token, "leftStrip"), Flag(token, "rightStrip"), Flag(token, "word")))] : [];
        Steps = Lists(root, "steps");
        Splits = Lists(root, "splits");
        Unknown = Number(root, "unknown");
        Prefix = Text(root, "prefix");
        Suffix = Text(root, "suffix");
        LongestWord = Number(root, "longestWord") ?? 100;
        ByteLevel = Flag(root, "byteLevel");
        WholeWords = Flag(root, "wholeWords");
        ByteFallback = Flag(root, "byteFallback");
        FuseUnknown = Flag(root, "fuseUnknown");
        DropFirstSpace = Flag(root, "dropFirstSpace");
        SentencePiece = Flag(root, "sentencePiece");
        Start = Ids(root, "start");
        End = Ids(root, "end");
        Stop = Ids(root, "stop");
        Pad = Number(root, "pad") ?? 0;
    }

    /// <summary>How words are split: <c>pairs</c>, <c>pieces</c>, <c>unigram</c>, <c>wordpiece</c>; or the whole is <c>llama2c</c>.</summary>
    internal string Kind { get; }

    /// <summary>The user's file where it is kept as it is (llama2.c); otherwise empty.</summary>
    internal byte[] Data { get; }

    /// <summary>The vocabulary in the order of ids; null where an id has no token, or one that is found in texts only (<see cref="Added"/>).</summary>
    internal IReadOnlyList<string?> Tokens { get; }

    /// <summary>Pairs that are joined, best first: the ids of left and right, one after the other.</summary>
    internal IReadOnlyList<int> Merges { get; }

    /// <summary>The score of each token, for unigram and pieces; without, the lowest id is the best piece.</summary>
    internal IReadOnlyList<double> Scores { get; }

    /// <summary>Tokens that are found in a text before it is split into words.</summary>
    internal IReadOnlyList<AddedToken> Added { get; }

    /// <summary>The steps of the normalizer: each its name and arguments.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> Steps { get; }

    /// <summary>The steps that make words of a text: each its name and arguments.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> Splits { get; }

    /// <summary>The id for what the vocabulary does not have.</summary>
    internal int? Unknown { get; }

    /// <summary>Mark in front of a piece that goes on inside a word.</summary>
    internal string? Prefix { get; }

    /// <summary>Mark at the end of a word.</summary>
    internal string? Suffix { get; }

    /// <summary>A longer word is unknown as a whole, in characters; for wordpiece.</summary>
    internal int LongestWord { get; }

    /// <summary>Tokens are bytes, written as GPT-2 writes them.</summary>
    internal bool ByteLevel { get; }

    /// <summary>A word of the vocabulary is one token, whatever the merges say.</summary>
    internal bool WholeWords { get; }

    /// <summary>Characters without a piece become their bytes.</summary>
    internal bool ByteFallback { get; }

    /// <summary>Unknown characters side by side are one token.</summary>
    internal bool FuseUnknown { get; }

    /// <summary>Whether a text of ids begins with a space that stands for no space of the text.</summary>
    internal bool DropFirstSpace { get; }

    /// <summary>Whether the vocabulary is a model of SentencePiece: sums in single precision, and tokens of bytes are no pieces.</summary>
    internal bool SentencePiece { get; }

    /// <summary>Ids in front of every text.</summary>
    internal IReadOnlyList<int> Start { get; }

    /// <summary>Ids behind every text.</summary>
    internal IReadOnlyList<int> End { get; }

    /// <summary>Ids that end a text which a language model writes.</summary>
    internal IReadOnlyList<int> Stop { get; }

    /// <summary>The id that fills up.</summary>
    internal int Pad { get; }

    /// <summary>Reads a definition and the file that belongs to it.</summary>
    /// <exception cref="FormatException">It is none of a known version.</exception>
    public static TokenizerDefinition Read(ReadOnlyMemory<byte> json, byte[] data)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new TokenizerDefinition(document.RootElement, data);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"The tokenizer's definition cannot be read: {exception.Message}", exception);
        }
    }

    private static IReadOnlyList<string>[] Lists(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(step => (IReadOnlyList<string>)[.. step.EnumerateArray().Select(part => part.GetString()!)])] : [];

    private static int[] Ids(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetInt32())] : [];

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static int? Number(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : null;

    private static bool Flag(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
}

/// <summary>A token that is found in a text as a whole.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Id">Its id.</param>
/// <param name="Silent">Whether it is no text when ids become text.</param>
/// <param name="Normalized">Whether it is found in the text after the normalizer, not as the text is written.</param>
/// <param name="LeftStrip">Whether it takes the white space in front of it.</param>
/// <param name="RightStrip">Whether it takes the white space behind it.</param>
/// <param name="Word">Whether it counts only where no word goes on beside it.</param>
internal sealed record AddedToken(string Text, int Id, bool Silent, bool Normalized, bool LeftStrip, bool RightStrip, bool Word);
