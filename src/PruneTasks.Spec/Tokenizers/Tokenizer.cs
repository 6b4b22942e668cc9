using System.Globalization;
using PruneTasks.Json;

namespace PruneTasks.Spec.Tokenizers;

/// <summary>A tokenizer as its files give it; TokenizerDefinition of the runtime reads what <see cref="ToJson"/> writes.</summary>
/// <param name="Kind"><c>pairs</c>, <c>pieces</c>, <c>unigram</c>, <c>wordpiece</c> or <c>llama2c</c>.</param>
internal sealed record Tokenizer(string Kind)
{
    /// <summary>Tokens whose being in a vocabulary says that they end a text. Of widely used models.</summary>
    private static readonly string[] UsualEnds =
        ["</s>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>", "<|end|>", "<eos>", "<end_of_turn>", "[EOS]", "[SEP]"];

    private static readonly string[] UsualPads = ["[PAD]", "<pad>", "<|pad|>", "<PAD>"];

    private readonly Lazy<Dictionary<string, int>> _ids = new(() => []);

    /// <summary>The vocabulary in the order of ids; null where an id has no token, or one that is found in texts only.</summary>
    public IReadOnlyList<string?> Tokens { get; init; } = [];

    /// <summary>Names of tokens by their ids where <see cref="Tokens"/> does not have them.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Pairs that are joined, best first: the ids of left and right, one after the other.</summary>
    public IReadOnlyList<int> Merges { get; init; } = [];

    /// <summary>The score of each token, for unigram and pieces.</summary>
    public IReadOnlyList<double> Scores { get; init; } = [];

    /// <summary>Tokens that are found in a text as a whole.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>The steps of the normalizer; PieceNormalizer of the runtime does them.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Steps { get; init; } = [];

    /// <summary>The steps that make words; PieceSplitter of the runtime does them.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Splits { get; init; } = [];

    /// <summary>The id for what the vocabulary does not have.</summary>
    public int? Unknown { get; init; }

    /// <summary>Mark in front of a piece that goes on inside a word.</summary>
    public string? Prefix { get; init; }

    /// <summary>Mark at the end of a word.</summary>
    public string? Suffix { get; init; }

    public int LongestWord { get; init; } = 100;

    /// <summary>Whether tokens are bytes, written as GPT-2 writes them.</summary>
    public bool ByteLevel { get; init; }

    /// <summary>Whether a word of the vocabulary is one token, whatever the merges say.</summary>
    public bool WholeWords { get; init; }

    /// <summary>Characters without a piece become their bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Unknown characters side by side are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether a text of ids begins with a space that stands for no space of the text.</summary>
    public bool DropFirstSpace { get; init; }

    /// <summary>Whether the vocabulary is a model of SentencePiece: sums in single precision, and tokens of bytes are no pieces.</summary>
    public bool SentencePiece { get; init; }

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
        if (_ids.Value.Count == 0)
        {
            // Of equal tokens the first counts, and what is found in texts before all.
            IReadOnlyList<string?> tokens = Names.Count > 0 ? Names : Tokens;
            for (int i = tokens.Count - 1; i >= 0; i--)
            {
                if (tokens[i] is { } name)
                    _ids.Value[name] = i;
            }
            foreach (AddedToken added in Added)
                _ids.Value[added.Text] = added.Id;
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
        ("version", JsonValue.Of(2)),
        ("kind", JsonValue.Of(Kind)),
        ("start", List(text.Start is { } start ? Ids(start, "text.start") : Start)),
        ("end", List(text.End is { } end ? Ids(end, "text.end") : End)),
        ("stop", List(StopIds(text))),
        ("pad", JsonValue.Of(PadId(text))),
        ("unknown", Unknown is { } unknown ? JsonValue.Of(unknown) : null),
        ("prefix", Prefix is null ? null : JsonValue.Of(Prefix)),
        ("suffix", Suffix is null ? null : JsonValue.Of(Suffix)),
        ("longestWord", Kind == "wordpiece" ? JsonValue.Of(LongestWord) : null),
        ("byteLevel", Flag(ByteLevel)),
        ("wholeWords", Flag(WholeWords)),
        ("byteFallback", Flag(ByteFallback)),
        ("fuseUnknown", Flag(FuseUnknown)),
        ("dropFirstSpace", Flag(DropFirstSpace)),
        ("sentencePiece", Flag(SentencePiece)),
        ("steps", Lists(Steps)),
        ("splits", Lists(Splits)),
        ("added", Added.Count == 0 ? null : JsonValue.Array(Added.OrderBy(token => token.Id).Select(token => token.ToJson()))),
        ("tokens", Tokens.Count == 0 ? null : JsonValue.Array(Tokens.Select(JsonValue.Of))),
        ("scores", Scores.Count == 0 ? null : JsonValue.Array(Scores.Select(JsonValue.Of))),
        ("merges", Merges.Count == 0 ? null : List(Merges))));

    /// <summary>A vocabulary in the order of its ids; ids may be left out.</summary>
    /// <exception cref="TokenizerException">An id is given twice, or is far beyond the vocabulary.</exception>
    public static IReadOnlyList<string?> Ordered(IEnumerable<(string Token, int Id)> vocabulary, string file)
    {
        (string Token, int Id)[] all = [.. vocabulary];
        int largest = (2 * all.Length) + 1000;
        var tokens = new List<string?>(all.Length);
        foreach ((string token, int id) in all.OrderBy(token => token.Id))
        {
            if (id < tokens.Count || id > largest)
                throw new TokenizerException($"'{Path.GetFileName(file)}' has the id {id} {(id > largest ? $"with {all.Length} tokens" : id < 0 ? "below 0" : "twice")}");
            while (tokens.Count < id)
                tokens.Add(null);
            tokens.Add(token);
        }
        return tokens;
    }

    private int[] Ids(IReadOnlyList<string> tokens, string key) =>
        [.. tokens.Select(token => IdOf(token) ?? throw new TokenizerException($"has no token '{token}', which '{key}' asks for"))];

    private static JsonValue? Flag(bool value) => value ? JsonValue.Of(true) : null;

    private static JsonValue? Lists(IReadOnlyList<IReadOnlyList<string>> steps) =>
        steps.Count == 0 ? null : JsonValue.Array(steps.Select(step => JsonValue.Array(step.Select(JsonValue.Of))));

    private static JsonValue List(IEnumerable<int> ids) => JsonValue.Array(ids.Select(id => JsonValue.Of(id)));
}

/// <summary>A token that is found in a text as a whole.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Id">Its id.</param>
/// <param name="Silent">Whether it is no text when ids become text.</param>
/// <param name="Normalized">Whether it is found in the text after the normalizer, not as the text is written.</param>
/// <param name="LeftStrip">Whether it takes the white space in front of it.</param>
/// <param name="RightStrip">Whether it takes the white space behind it.</param>
/// <param name="Word">Whether it counts only where no word goes on beside it.</param>
internal sealed record AddedToken(string Text, int Id, bool Silent = true, bool Normalized = false, bool LeftStrip = false, bool RightStrip = false, bool Word = false)
{
    public JsonValue ToJson() => JsonValue.Object(
        ("text", JsonValue.Of(Text)),
        ("id", JsonValue.Of(Id)),
        ("silent", Silent ? JsonValue.Of(true) : null),
        ("normalized", Normalized ? JsonValue.Of(true) : null),
        ("leftStrip", LeftStrip ? JsonValue.Of(true) : null),
        ("rightStrip", RightStrip ? JsonValue.Of(true) : null),
        ("word", Word ? JsonValue.Of(true) : null));
}
