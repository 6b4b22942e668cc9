using System.Text.Json;

namespace PruneTasks.Text;

/// <summary>
/// What a tokenizer is made of. The build reads the user's files (tokenizer.json, vocab.txt, …) and writes this form, so that the app
/// and the worker make the same tokenizer without knowing any of those formats. Written by TokenizerWriting of PruneTasks.Spec.
/// </summary>
#if PRUNETASKS_RUNTIME
public
#else
internal
#endif
sealed class TokenizerDefinition
{
    private const int NewestVersion = 1;

    private TokenizerDefinition(JsonElement root, byte[] data)
    {
        if (Number(root, "version") is not NewestVersion)
            throw new FormatException($"The tokenizer is of version {Number(root, "version")}; {NewestVersion} is known.");
        Kind = root.GetProperty("kind").GetString()!;
        Data = data;
        Tokens = Texts(root, "tokens");
        Merges = Texts(root, "merges");
        Special = root.TryGetProperty("special", out JsonElement special)
            ? special.EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetInt32(), StringComparer.Ordinal)
            : new Dictionary<string, int>(StringComparer.Ordinal);
        LeftStrip = new HashSet<string>(Texts(root, "leftStrip"), StringComparer.Ordinal);
        RightStrip = new HashSet<string>(Texts(root, "rightStrip"), StringComparer.Ordinal);
        Unknown = Text(root, "unknown");
        Prefix = Text(root, "prefix");
        Suffix = Text(root, "suffix");
        Pattern = Text(root, "pattern");
        LongestWord = Number(root, "longestWord") ?? 100;
        Lowercase = Flag(root, "lowercase");
        StripAccents = Flag(root, "stripAccents");
        SplitChinese = Flag(root, "splitChinese");
        ByteLevel = Flag(root, "byteLevel");
        PrefixSpace = Flag(root, "prefixSpace");
        Compose = Flag(root, "compose");
        WholeWords = Flag(root, "wholeWords");
        Pieces = Number(root, "pieces") ?? 0;
        Scores = root.TryGetProperty("scores", out JsonElement scores) ? [.. scores.EnumerateArray().Select(score => score.GetDouble())] : [];
        Steps = root.TryGetProperty("steps", out JsonElement steps) ? [.. steps.EnumerateArray().Select(step => (IReadOnlyList<string>)[.. step.EnumerateArray().Select(part => part.GetString()!)])] : [];
        SpaceMark = Text(root, "spaceMark");
        SplitsWhiteSpace = Flag(root, "splitsWhiteSpace");
        SplitsMarks = Flag(root, "splitsMarks");
        ByteFallback = Flag(root, "byteFallback");
        FuseUnknown = Flag(root, "fuseUnknown");
        Start = Ids(root, "start");
        End = Ids(root, "end");
        Stop = Ids(root, "stop");
        Pad = Number(root, "pad") ?? 0;
    }

    /// <summary><c>wordpiece</c>, <c>bpe</c>, <c>sentencepiece</c>, <c>tiktoken</c>, <c>llama2c</c>, <c>pairs</c> or <c>unigram</c>.</summary>
    public string Kind { get; }

    /// <summary>The user's file where it is kept as it is (SentencePiece, tiktoken, llama2.c); otherwise empty.</summary>
    public byte[] Data { get; }

    /// <summary>The vocabulary in the order of ids.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>Pairs that are joined, best first: both tokens with a space between.</summary>
    public IReadOnlyList<string> Merges { get; }

    /// <summary>Tokens that are found in a text before it is split.</summary>
    public IReadOnlyDictionary<string, int> Special { get; }

    /// <summary>Those of <see cref="Special"/> that take the white space in front of them.</summary>
    public IReadOnlySet<string> LeftStrip { get; }

    /// <summary>Those of <see cref="Special"/> that take the white space behind them.</summary>
    public IReadOnlySet<string> RightStrip { get; }

    /// <summary>The token for what the vocabulary does not have.</summary>
    public string? Unknown { get; }

    /// <summary>Mark in front of a piece that goes on inside a word.</summary>
    public string? Prefix { get; }

    /// <summary>Mark at the end of a word.</summary>
    public string? Suffix { get; }

    /// <summary>Regular expression of the pieces that no merge crosses.</summary>
    public string? Pattern { get; }

    /// <summary>A longer word is unknown as a whole, in characters.</summary>
    public int LongestWord { get; }

    /// <summary>Texts are lowercased.</summary>
    public bool Lowercase { get; }

    /// <summary>Accents are removed.</summary>
    public bool StripAccents { get; }

    /// <summary>Each Chinese character is a word.</summary>
    public bool SplitChinese { get; }

    /// <summary>Tokens are bytes, written as GPT-2 writes them.</summary>
    public bool ByteLevel { get; }

    /// <summary>A text that begins with no space gets one.</summary>
    public bool PrefixSpace { get; }

    /// <summary>Texts are brought to Unicode's form C.</summary>
    public bool Compose { get; }

    /// <summary>A word of the vocabulary is one token, whatever the merges say.</summary>
    public bool WholeWords { get; }

    /// <summary>Tokens of the model itself, without those that were added; for pairs and unigram.</summary>
    public int Pieces { get; }

    /// <summary>The score of each piece, for unigram.</summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>The steps of the normalizer, for pairs and unigram: each its name and arguments.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Steps { get; }

    /// <summary>Where a space becomes ▁: which words get one in front, <c>always</c>, <c>first</c> or <c>never</c>.</summary>
    public string? SpaceMark { get; }

    /// <summary>White space separates words, and goes.</summary>
    public bool SplitsWhiteSpace { get; }

    /// <summary>A word begins at each ▁.</summary>
    public bool SplitsMarks { get; }

    /// <summary>Characters without a piece become their bytes.</summary>
    public bool ByteFallback { get; }

    /// <summary>Unknown characters side by side are one token.</summary>
    public bool FuseUnknown { get; }

    /// <summary>Whether a text of ids begins with a space that stands for no space of the text.</summary>
    internal bool DropFirstSpace => SpaceMark is "always" or "first" || Steps.Any(step => step is ["prepend", ..]);

    /// <summary>Ids in front of every text.</summary>
    public IReadOnlyList<int> Start { get; }

    /// <summary>Ids behind every text.</summary>
    public IReadOnlyList<int> End { get; }

    /// <summary>Ids that end a text which a language model writes.</summary>
    public IReadOnlyList<int> Stop { get; }

    /// <summary>The id that fills up.</summary>
    public int Pad { get; }

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

    private static string[] Texts(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];

    private static int[] Ids(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetInt32())] : [];

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static int? Number(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : null;

    private static bool Flag(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
}
