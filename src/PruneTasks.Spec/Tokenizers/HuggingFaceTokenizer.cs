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
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<double> _scores = [];
    private readonly List<IReadOnlyList<string>> _steps = [], _splits = [];

    private bool _byteLevel, _dropFirstSpace;
    private List<int> _start = [];
    private List<int> _end = [];

    private HuggingFaceTokenizer(string file, JsonValue root)
    {
        _file = file;
        _root = root;
        _model = root.FindObject("model") ?? throw root.Error("there is no \"model\"");
        JsonValue vocabulary = _model.Require("vocab");
        _vocabulary = vocabulary.Kind == JsonKind.Array ? Scored(vocabulary, _scores) : [.. vocabulary.Members.Select(token => (token.Key, (int)token.Value.AsLong(token.Key)))];
        // Of equal pieces the last counts.
        foreach ((string token, int id) in _vocabulary)
            _ids[token] = id;
    }

    /// <exception cref="TokenizerException">Something is not supported.</exception>
    /// <exception cref="JsonReadException">It is no tokenizer.json.</exception>
    public static Tokenizer Read(string file, string text) => new HuggingFaceTokenizer(file, JsonReader.Read(text)).Build();

    private Tokenizer Build()
    {
        // Older files leave the model's type out.
        string type = TypeOf(_model) is { Length: > 0 } written ? written : _scores.Count > 0 ? "Unigram" : _model.Find("merges") is null ? "WordPiece" : "BPE";
        if (type is not ("WordPiece" or "BPE" or "Unigram") || (type == "Unigram") != (_scores.Count > 0))
            throw Refuse(_model, $"a model of the type {type}", "WordPiece, BPE and Unigram are supported");
        if (_model.Find("dropout") is { Kind: JsonKind.Number } dropout && dropout.AsDouble("dropout") != 0)
            throw Refuse(dropout, "dropout, which makes ids random", "remove it");
        if (_root.FindObject("normalizer") is { } normalizer)
            Step(normalizer);
        if (_root.FindObject("pre_tokenizer") is { } split)
            Split(split);
        if (_root.FindObject("post_processor") is { } frame)
            Frame(frame);
        return type switch
        {
            "WordPiece" => Common("wordpiece") with
            {
                Unknown = Unknown("[UNK]"),
                Prefix = _model.FindString("continuing_subword_prefix") ?? "##",
                LongestWord = _model.Find("max_input_chars_per_word") is { Kind: JsonKind.Number } longest ? (int)longest.AsLong("max_input_chars_per_word") : 100,
            },
            "Unigram" => Common("unigram") with
            {
                Unknown = _model.Find("unk_id") is { Kind: JsonKind.Number } unknown
                    ? unknown.AsLong("unk_id") is >= 0 and var id && id < _scores.Count ? (int)id : throw unknown.Error("\"unk_id\" is no id of the vocabulary") : null,
                Scores = _scores,
                ByteFallback = Flag(_model, "byte_fallback", false),
            },
            _ => Common("pairs") with
            {
                Unknown = Unknown(null),
                Prefix = Filled("continuing_subword_prefix"),
                Suffix = Filled("end_of_word_suffix"),
                Merges = [.. _model.RequireArray("merges").Items.SelectMany(Merge)],
                ByteFallback = Flag(_model, "byte_fallback", false),
                FuseUnknown = Flag(_model, "fuse_unk", false),
                WholeWords = Flag(_model, "ignore_merges", false),
            },
        };
    }

    private Tokenizer Common(string kind) => new(kind)
    {
        Tokens = Tokenizer.Ordered(_vocabulary, _file),
        Added = [.. (_root.FindArray("added_tokens")?.Items ?? []).Select(Added)],
        Steps = _steps,
        Splits = _splits,
        ByteLevel = _byteLevel,
        DropFirstSpace = _dropFirstSpace,
        Start = _start,
        End = _end,
        Pad = _root.FindObject("padding")?.Find("pad_id") is { Kind: JsonKind.Number } pad ? (int)pad.AsLong("pad_id") : null,
        MaxLength = _root.FindObject("truncation")?.Find("max_length") is { Kind: JsonKind.Number } longest ? (int)longest.AsLong("max_length") : null,
    };

    private int? Unknown(string? usual) => (_model.FindString("unk_token") ?? usual) is not { } token ? null
        : _ids.TryGetValue(token, out int id) ? id : throw _model.Error($"the unknown token '{token}' is not in the vocabulary");

    // [piece, score], the id is the place.
    private static List<(string, int)> Scored(JsonValue vocabulary, List<double> scores)
    {
        List<(string, int)> pieces = [];
        foreach (JsonValue pair in vocabulary.Items)
        {
            if (pair.Items.Count != 2)
                throw pair.Error("a piece of a Unigram model has a text and a score");
            scores.Add(pair.Items[1].AsDouble("vocab"));
            pieces.Add((pair.Items[0].AsString("vocab"), pieces.Count));
        }
        return pieces;
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

    // What the vocabulary has too keeps its id from there.
    private AddedToken Added(JsonValue token)
    {
        string content = token.RequireString("content");
        bool special = Flag(token, "special", false);
        return new AddedToken(
            content, _ids.TryGetValue(content, out int id) ? id : token.RequireInt("id"), special, Flag(token, "normalized", !special),
            Flag(token, "lstrip", false), Flag(token, "rstrip", false), Flag(token, "single_word", false));
    }

    private int[] Merge(JsonValue merge)
    {
        string[] pair = merge.Kind == JsonKind.String ? merge.Text.Split(' ') : [.. merge.Items.Select(token => token.AsString("merges"))];
        return pair is [var left, var right] && _ids.TryGetValue(left, out int first) && _ids.TryGetValue(right, out int second)
            ? [first, second] : throw merge.Error("a merge must be of two tokens of the vocabulary");
    }

    private string? Filled(string name) => _model.FindString(name) is { Length: > 0 } text ? text : null;

    private static int Id(JsonValue id) => (int)id.AsLong("id");

    private static bool Flag(JsonValue value, string name, bool missing) => value.Find(name) is { Kind: JsonKind.Bool } flag ? flag.Text == "true" : missing;

    private static string TypeOf(JsonValue value) => value.FindString("type") ?? "";

    private TokenizerException Refuse(JsonValue at, string what, string advice) =>
        new($"{what}|{advice}", _file, at.Line, at.Column, feature: true);
}
