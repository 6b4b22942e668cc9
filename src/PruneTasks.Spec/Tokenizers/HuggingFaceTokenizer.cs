using PruneTasks.Json;

namespace PruneTasks.Spec.Tokenizers;

/// <summary>
/// Reads tokenizer.json of the tokenizers library (huggingface/tokenizers; the format is the serde form of its types). What is supported gives
/// the same ids as that library; everything else is refused by name, never left out. Everything known of the format is in this file.
/// </summary>
internal sealed partial class HuggingFaceTokenizer
{
    private readonly string _file;
    private readonly JsonValue _root;
    private readonly JsonValue _model;
    private readonly List<(string Token, int Id)> _vocabulary;

    private bool _lowercase, _stripAccents, _splitChinese, _byteLevel, _prefixSpace, _compose;
    private string? _pattern;
    private readonly Dictionary<string, int> _special = new(StringComparer.Ordinal);
    private readonly List<string> _leftStrip = [], _rightStrip = [];
    private List<int> _start = [];
    private List<int> _end = [];

    private HuggingFaceTokenizer(string file, JsonValue root)
    {
        _file = file;
        _root = root;
        _model = root.FindObject("model") ?? throw root.Error("there is no \"model\"");
        JsonValue vocabulary = _model.Require("vocab");
        _vocabulary = vocabulary.Kind == JsonKind.Array ? Scored(vocabulary, _scores) : [.. vocabulary.Members.Select(token => (token.Key, (int)token.Value.AsLong(token.Key)))];
    }

    /// <exception cref="TokenizerException">Something is not supported.</exception>
    /// <exception cref="JsonReadException">It is no tokenizer.json.</exception>
    public static Tokenizer Read(string file, string text) => new HuggingFaceTokenizer(file, JsonReader.Read(text)).Build();

    private Tokenizer Build()
    {
        // Older files leave the model's type out.
        string type = TypeOf(_model) is { Length: > 0 } written ? written : _scores.Count > 0 ? "Unigram" : _model.Find("merges") is null ? "WordPiece" : "BPE";
        bool wordPiece = type == "WordPiece";
        if (type is not ("WordPiece" or "BPE" or "Unigram") || (type == "Unigram") != (_scores.Count > 0))
            throw Refuse(_model, $"a model of the type {type}", "WordPiece, BPE and Unigram are supported");
        if (type == "Unigram" || (type == "BPE" && HasMarks()))
            return Pieces(type == "Unigram");
        if (_root.FindObject("normalizer") is { } normalizer)
            Normalizer(normalizer, wordPiece);
        else if (wordPiece)
            throw Refuse(_root, "no normalizer with WordPiece", "BertNormalizer is supported");
        if (_root.FindObject("pre_tokenizer") is { } split)
            Split(split, wordPiece);
        else
            throw Refuse(_root, "no pre_tokenizer", "BertPreTokenizer is supported for WordPiece");
        if (_root.FindObject("post_processor") is { } frame)
            Frame(frame);
        Added(wordPiece);
        return wordPiece ? WordPiece() : BytePairs();
    }

    // ByteLevel is what tells the two kinds of byte-pair encoding apart.
    private bool HasMarks()
    {
        return _root.FindObject("pre_tokenizer") is not { } split || !IsOf(split, "ByteLevel", "Split", "Digits", "BertPreTokenizer");

        static bool IsOf(JsonValue split, params string[] types) => types.Contains(TypeOf(split))
            || (TypeOf(split) == "Sequence" && split.RequireArray("pretokenizers").Items.Any(one => IsOf(one, types)));
    }

    private Tokenizer WordPiece() => Common(new Tokenizer("wordpiece")
    {
        Tokens = Tokenizer.Ordered(_vocabulary, _file),
        Unknown = _model.FindString("unk_token") ?? "[UNK]",
        Prefix = _model.FindString("continuing_subword_prefix") ?? "##",
        LongestWord = _model.Find("max_input_chars_per_word") is { Kind: JsonKind.Number } longest ? (int)longest.AsLong("max_input_chars_per_word") : 100,
    });

    private Tokenizer BytePairs()
    {
        if (_model.Find("byte_fallback") is { Kind: JsonKind.Bool, Text: "true" } flag)
            throw Refuse(flag, "\"byte_fallback\" with ByteLevel, whose bytes are tokens already", "set it to false");
        if (_model.Find("dropout") is { Kind: JsonKind.Number } dropout && dropout.AsDouble("dropout") != 0)
            throw Refuse(dropout, "dropout, which makes ids random", "remove it");
        return Common(new Tokenizer("bpe")
        {
            Tokens = Tokenizer.Ordered(_vocabulary, _file),
            Merges = [.. _model.RequireArray("merges").Items.Select(Merge)],
            Unknown = _model.FindString("unk_token"),
            Prefix = Filled("continuing_subword_prefix"),
            Suffix = Filled("end_of_word_suffix"),
            WholeWords = Flag(_model, "ignore_merges", false),
        });
    }

    private Tokenizer Common(Tokenizer tokenizer) => tokenizer with
    {
        Special = _special,
        LeftStrip = _leftStrip,
        RightStrip = _rightStrip,
        Lowercase = _lowercase,
        StripAccents = _stripAccents,
        SplitChinese = _splitChinese,
        ByteLevel = _byteLevel,
        PrefixSpace = _prefixSpace,
        Compose = _compose,
        Pattern = _pattern,
        Start = _start,
        End = _end,
        Pad = _root.FindObject("padding")?.Find("pad_id") is { Kind: JsonKind.Number } pad ? (int)pad.AsLong("pad_id") : null,
        MaxLength = _root.FindObject("truncation")?.Find("max_length") is { Kind: JsonKind.Number } longest ? (int)longest.AsLong("max_length") : null,
    };

    private void Normalizer(JsonValue normalizer, bool wordPiece)
    {
        switch (TypeOf(normalizer))
        {
            case "Sequence":
                foreach (JsonValue one in normalizer.RequireArray("normalizers").Items)
                    Normalizer(one, wordPiece);
                break;
            case "BertNormalizer" when wordPiece:
                if (Flag(normalizer, "clean_text", true) is false)
                    throw Refuse(normalizer, "BertNormalizer without clean_text", "set it to true");
                _lowercase = Flag(normalizer, "lowercase", true);
                // null means: as lowercase.
                _stripAccents = Flag(normalizer, "strip_accents", _lowercase);
                _splitChinese = Flag(normalizer, "handle_chinese_chars", true);
                break;
            case "NFC" when !wordPiece:
                _compose = true;
                break;
            default:
                throw Refuse(normalizer, $"the normalizer {TypeOf(normalizer)}", wordPiece ? "BertNormalizer is supported for WordPiece" : "none and NFC are supported for BPE with ByteLevel");
        }
    }

    private void Split(JsonValue split, bool wordPiece)
    {
        switch (TypeOf(split))
        {
            case "Sequence" when !wordPiece:
                foreach (JsonValue one in split.RequireArray("pretokenizers").Items)
                    Split(one, wordPiece);
                break;
            case "BertPreTokenizer" when wordPiece:
                break;
            case "ByteLevel" when !wordPiece:
                _byteLevel = true;
                _prefixSpace = Flag(split, "add_prefix_space", true);
                if (_prefixSpace && _pattern is not null)
                    throw Refuse(split, "ByteLevel with add_prefix_space after Split, which puts a space in front of each piece", "set add_prefix_space to false");
                if (Flag(split, "use_regex", true) && _pattern is not null)
                    throw Refuse(split, "ByteLevel with use_regex after Split", "one pattern is supported");
                if (!Flag(split, "use_regex", true) && _pattern is null)
                    throw Refuse(split, "ByteLevel without a pattern", "one pattern, by Split or use_regex, is supported");
                break;
            case "Split" when !wordPiece && _pattern is null && !_byteLevel && split.FindString("behavior") == "Isolated" && !Flag(split, "invert", false):
                _pattern = split.Require("pattern").FindString("Regex") ?? throw Refuse(split, "Split by a text", "Split by a Regex is supported");
                break;
            default:
                throw Refuse(split, $"the pre_tokenizer {TypeOf(split)}{(TypeOf(split) == "Split" ? " in this form" : "")}", wordPiece
                    ? "BertPreTokenizer is supported for WordPiece"
                    : "ByteLevel, and one Split (Regex, Isolated) before it, are supported for BPE");
        }
    }

    private void Frame(JsonValue frame)
    {
        switch (TypeOf(frame))
        {
            case "Sequence":
                foreach (JsonValue one in frame.RequireArray("processors").Items)
                    Frame(one);
                break;
            case "ByteLevel":
                break;
            case "BertProcessing" or "RobertaProcessing":
                _start = [Id(frame.RequireArray("cls").Items[1])];
                _end = [Id(frame.RequireArray("sep").Items[1])];
                break;
            case "TemplateProcessing":
                Template(frame);
                break;
            default:
                throw Refuse(frame, $"the post_processor {TypeOf(frame)}", "TemplateProcessing, BertProcessing, RobertaProcessing and ByteLevel are supported");
        }
    }

    private void Template(JsonValue frame)
    {
        List<int> at = _start = [];
        _end = [];
        foreach (JsonValue part in frame.RequireArray("single").Items)
        {
            if (part.FindObject("Sequence") is not null)
            {
                at = _end;
                continue;
            }
            string name = (part.FindObject("SpecialToken") ?? throw Refuse(part, "this part of TemplateProcessing", "Sequence and SpecialToken are supported")).RequireString("id");
            at.AddRange(frame.Require("special_tokens").Require(name).RequireArray("ids").Items.Select(Id));
        }
    }

    // Tokens that are cut out of a text before it is split; those that the vocabulary does not have follow it.
    private void Added(bool wordPiece)
    {
        var known = new HashSet<string>(_vocabulary.Select(token => token.Token), StringComparer.Ordinal);
        foreach (JsonValue token in (_root.FindArray("added_tokens")?.Items ?? []).OrderBy(token => token.RequireLong("id")))
        {
            (string content, int id) = (token.RequireString("content"), token.RequireInt("id"));
            if (!known.Contains(content) && (wordPiece || id == _vocabulary.Count))
            {
                _vocabulary.Add((content, id));
                known.Add(content);
            }
            if (Flag(token, "single_word", false))
                throw Refuse(token, $"the added token '{content}' with single_word", "set it to false");
            // Found in the text as it is after the normalizer; ours are found in the text as it is written.
            if (Flag(token, "normalized", !Flag(token, "special", false)) && (wordPiece || _steps.Count > 0 || (_compose && content.Any(c => c > 127))))
                throw Refuse(token, $"the added token '{content}' with normalized", "set it to false");
            _special[content] = id;
            if (Flag(token, "lstrip", false)) _leftStrip.Add(content);
            if (Flag(token, "rstrip", false)) _rightStrip.Add(content);
        }
    }

    private string Merge(JsonValue merge)
    {
        if (merge.Kind == JsonKind.String)
            return merge.Text;
        string[] pair = [.. merge.Items.Select(token => token.AsString("merges"))];
        return pair.Length == 2 && !pair.Any(token => token.Contains(' ')) ? string.Join(" ", pair) : throw Refuse(merge, "a merge of tokens with spaces", "merges of two tokens without spaces are supported");
    }

    private string? Filled(string name) => _model.FindString(name) is { Length: > 0 } text ? text : null;

    private static int Id(JsonValue id) => (int)id.AsLong("id");

    private static bool Flag(JsonValue value, string name, bool missing) => value.Find(name) is { Kind: JsonKind.Bool } flag ? flag.Text == "true" : missing;

    private static string TypeOf(JsonValue value) => value.FindString("type") ?? "";

    private TokenizerException Refuse(JsonValue at, string what, string advice) =>
        new($"{what}|{advice}", _file, at.Line, at.Column, feature: true);
}
