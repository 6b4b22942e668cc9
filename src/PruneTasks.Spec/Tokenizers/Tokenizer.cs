using System.Globalization;
using PruneTasks.Json;

namespace PruneTasks.Spec.Tokenizers;

/// <summary>A tokenizer as its files give it; TokenizerDefinition of the runtime reads what <see cref="ToJson"/> writes.</summary>
/// <param name="Kind"><c>wordpiece</c>, <c>bpe</c>, <c>sentencepiece</c>, <c>tiktoken</c>, <c>llama2c</c>, <c>pairs</c> or <c>unigram</c>.</param>
internal sealed record Tokenizer(string Kind)
{
    /// <summary>Tokens whose being in a vocabulary says that they end a text. Of widely used models.</summary>
    private static readonly string[] UsualEnds =
        ["</s>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>", "<|end|>", "<eos>", "<end_of_turn>", "[EOS]", "[SEP]"];

    private static readonly string[] UsualPads = ["[PAD]", "<pad>", "<|pad|>", "<PAD>"];

    private readonly Lazy<Dictionary<string, int>> _ids = new(() => []);

    /// <summary>The vocabulary in the order of ids; empty where <see cref="DataFile"/> has it.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>The tokens of a vocabulary that stays in its file, to find ids by name.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public IReadOnlyList<string> Merges { get; init; } = [];

    public IReadOnlyDictionary<string, int> Special { get; init; } = new Dictionary<string, int>();

    /// <summary>Those of <see cref="Special"/> that take the white space in front of them.</summary>
    public IReadOnlyList<string> LeftStrip { get; init; } = [];

    /// <summary>Those of <see cref="Special"/> that take the white space behind them.</summary>
    public IReadOnlyList<string> RightStrip { get; init; } = [];

    public string? Unknown { get; init; }

    public string? Prefix { get; init; }

    public string? Suffix { get; init; }

    public string? Pattern { get; init; }

    public int LongestWord { get; init; } = 100;

    public bool Lowercase { get; init; }

    public bool StripAccents { get; init; }

    public bool SplitChinese { get; init; }

    public bool ByteLevel { get; init; }

    public bool PrefixSpace { get; init; }

    public bool Compose { get; init; }

    /// <summary>Whether a word of the vocabulary is one token, whatever the merges say.</summary>
    public bool WholeWords { get; init; }

    /// <summary>Tokens of the model itself, without those that were added; for pairs and unigram.</summary>
    public int PieceCount { get; init; }

    /// <summary>The score of each piece, for unigram.</summary>
    public IReadOnlyList<double> Scores { get; init; } = [];

    /// <summary>The steps of the normalizer; PieceNormalizer of the runtime does them.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Steps { get; init; } = [];

    /// <summary>Where a space becomes ▁: which words get one in front, <c>always</c>, <c>first</c> or <c>never</c>.</summary>
    public string? SpaceMark { get; init; }

    /// <summary>White space separates words, and goes.</summary>
    public bool SplitsWhiteSpace { get; init; }

    /// <summary>A word begins at each ▁.</summary>
    public bool SplitsMarks { get; init; }

    /// <summary>Characters without a piece become their bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Unknown characters side by side are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Ids in front of a text.</summary>
    public IReadOnlyList<int> Start { get; init; } = [];

    /// <summary>Ids behind a text.</summary>
    public IReadOnlyList<int> End { get; init; } = [];

    /// <summary>Ids that end an answer; null for the usual ones.</summary>
    public IReadOnlyList<int>? Stop { get; init; }

    /// <summary>Id that fills up; null for that of a usual padding token.</summary>
    public int? Pad { get; init; }

    /// <summary>Most tokens of a text; null where the file does not say.</summary>
    public int? MaxLength { get; init; }

    /// <summary>The user's file, where it is kept as it is.</summary>
    public string? DataFile { get; init; }

    /// <summary>The id of a token, or else a number in digits; null for neither.</summary>
    public int? IdOf(string token)
    {
        if (Special.TryGetValue(token, out int special))
            return special;
        if (_ids.Value.Count == 0)
        {
            IReadOnlyList<string> tokens = Tokens.Count > 0 ? Tokens : Names;
            // Of equal tokens the first counts.
            for (int i = tokens.Count - 1; i >= 0; i--)
                _ids.Value[tokens[i]] = i;
        }
        if (_ids.Value.TryGetValue(token, out int id))
            return id;
        return int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }

    /// <summary>The id that fills up.</summary>
    public int PadId(TextSpec text) => text.Pad ?? Pad ?? UsualPads.Select(IdOf).FirstOrDefault(id => id is not null) ?? 0;

    /// <summary>The ids that end an answer.</summary>
    public int[] StopIds(TextSpec text) => text.Stop is { } written
        ? Ids(written, "text.stop")
        : [.. Stop ?? [.. UsualEnds.Select(IdOf).OfType<int>().Distinct()]];

    /// <summary>The text of the resource.</summary>
    /// <exception cref="TokenizerException">A token of the spec is not in the vocabulary.</exception>
    public string ToJson(TextSpec text) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(1)),
        ("kind", JsonValue.Of(Kind)),
        ("start", List(text.Start is { } start ? Ids(start, "text.start") : Start)),
        ("end", List(text.End is { } end ? Ids(end, "text.end") : End)),
        ("stop", List(StopIds(text))),
        ("pad", JsonValue.Of(PadId(text))),
        ("unknown", Unknown is null ? null : JsonValue.Of(Unknown)),
        ("prefix", Prefix is null ? null : JsonValue.Of(Prefix)),
        ("suffix", Suffix is null ? null : JsonValue.Of(Suffix)),
        ("pattern", Pattern is null ? null : JsonValue.Of(Pattern)),
        ("longestWord", JsonValue.Of(LongestWord)),
        ("lowercase", JsonValue.Of(Lowercase)),
        ("stripAccents", JsonValue.Of(StripAccents)),
        ("splitChinese", JsonValue.Of(SplitChinese)),
        ("byteLevel", JsonValue.Of(ByteLevel)),
        ("prefixSpace", JsonValue.Of(PrefixSpace)),
        ("compose", JsonValue.Of(Compose)),
        ("wholeWords", WholeWords ? JsonValue.Of(true) : null),
        ("pieces", PieceCount == 0 ? null : JsonValue.Of(PieceCount)),
        ("scores", Scores.Count == 0 ? null : JsonValue.Array(Scores.Select(JsonValue.Of))),
        ("steps", Steps.Count == 0 ? null : JsonValue.Array(Steps.Select(step => JsonValue.Array(step.Select(JsonValue.Of))))),
        ("spaceMark", SpaceMark is null ? null : JsonValue.Of(SpaceMark)),
        ("splitsWhiteSpace", SplitsWhiteSpace ? JsonValue.Of(true) : null),
        ("splitsMarks", SplitsMarks ? JsonValue.Of(true) : null),
        ("byteFallback", ByteFallback ? JsonValue.Of(true) : null),
        ("fuseUnknown", FuseUnknown ? JsonValue.Of(true) : null),
        ("special", Special.Count == 0 ? null : JsonValue.Object([.. Special.OrderBy(token => token.Value).Select(token => (token.Key, (JsonValue?)JsonValue.Of(token.Value)))])),
        ("leftStrip", LeftStrip.Count == 0 ? null : JsonValue.Array(LeftStrip.Select(JsonValue.Of))),
        ("rightStrip", RightStrip.Count == 0 ? null : JsonValue.Array(RightStrip.Select(JsonValue.Of))),
        ("tokens", Tokens.Count == 0 ? null : JsonValue.Array(Tokens.Select(JsonValue.Of))),
        ("merges", Merges.Count == 0 ? null : JsonValue.Array(Merges.Select(JsonValue.Of)))));

    /// <summary>A vocabulary in the order of its ids.</summary>
    /// <exception cref="TokenizerException">Ids are missing or given twice.</exception>
    public static IReadOnlyList<string> Ordered(IEnumerable<(string Token, int Id)> vocabulary, string file)
    {
        (string Token, int Id)[] all = [.. vocabulary];
        var tokens = new string?[all.Length];
        foreach ((string token, int id) in all)
        {
            if (id < 0 || id >= tokens.Length || tokens[id] is not null)
                throw new TokenizerException($"'{Path.GetFileName(file)}' has the id {id} twice or leaves ids out; ids must be 0 to {tokens.Length - 1}");
            tokens[id] = token;
        }
        return tokens!;
    }

    private int[] Ids(IReadOnlyList<string> tokens, string key) =>
        [.. tokens.Select(token => IdOf(token) ?? throw new TokenizerException($"has no token '{token}', which '{key}' asks for"))];

    private static JsonValue List(IEnumerable<int> ids) => JsonValue.Array(ids.Select(id => JsonValue.Of(id)));
}
