using PruneTasks.Json;

namespace PruneTasks.Spec.Tokenizers;

/// <content>Models whose pieces are characters with ▁ for a space: byte-pair encoding without ByteLevel (Llama), and Unigram (XLM-R, T5).</content>
internal sealed partial class HuggingFaceTokenizer
{
    private readonly List<IReadOnlyList<string>> _steps = [];
    private readonly List<double> _scores = [];
    private string? _spaceMark;
    private bool _splitsWhiteSpace, _splitsMarks;

    private Tokenizer Pieces(bool unigram)
    {
        if (_root.FindObject("normalizer") is { } normalizer)
            Step(normalizer);
        if (_root.FindObject("pre_tokenizer") is { } split)
            Spaces(split);
        if (_root.FindObject("post_processor") is { } frame)
            Frame(frame);
        int pieces = _vocabulary.Count;
        Added(wordPiece: false);
        if (_model.Find("dropout") is { Kind: JsonKind.Number } dropout && dropout.AsDouble("dropout") != 0)
            throw Refuse(dropout, "dropout, which makes ids random", "remove it");
        foreach (string mark in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (Filled(mark) is not null)
                throw Refuse(_model.Require(mark), $"\"{mark}\" without ByteLevel", "leave it empty");
        }
        return Common(new Tokenizer(unigram ? "unigram" : "pairs")
        {
            Tokens = Tokenizer.Ordered(_vocabulary, _file),
            PieceCount = pieces,
            Scores = _scores,
            Merges = unigram ? [] : [.. _model.RequireArray("merges").Items.Select(Merge)],
            Unknown = unigram ? UnknownPiece() : _model.FindString("unk_token"),
            Steps = _steps,
            SpaceMark = _spaceMark,
            SplitsWhiteSpace = _splitsWhiteSpace,
            SplitsMarks = _splitsMarks,
            ByteFallback = Flag(_model, "byte_fallback", false),
            FuseUnknown = Flag(_model, "fuse_unk", false),
            WholeWords = !unigram && Flag(_model, "ignore_merges", false),
        });
    }

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

    private string? UnknownPiece()
    {
        if (_model.Find("unk_id") is not { Kind: JsonKind.Number } unknown)
            return null;
        long id = unknown.AsLong("unk_id");
        return id >= 0 && id < _scores.Count ? _vocabulary[(int)id].Token : throw unknown.Error("\"unk_id\" is no id of the vocabulary");
    }

    private void Step(JsonValue normalizer)
    {
        switch (TypeOf(normalizer))
        {
            case "Sequence":
                foreach (JsonValue one in normalizer.RequireArray("normalizers").Items)
                    Step(one);
                break;
            case "Prepend":
                _steps.Add(["prepend", normalizer.RequireString("prepend")]);
                break;
            case "Replace" when normalizer.Require("pattern").FindString("String") is { Length: > 0 } from:
                _steps.Add(["replace", from, normalizer.RequireString("content")]);
                break;
            case "Replace" when normalizer.Require("pattern").FindString("Regex") == " {2,}":
                _steps.Add(["collapse", normalizer.RequireString("content")]);
                break;
            case "Strip":
                if (Flag(normalizer, "strip_left", true))
                    _steps.Add(["trimStart"]);
                if (Flag(normalizer, "strip_right", true))
                    _steps.Add(["trimEnd"]);
                break;
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                _steps.Add(["form", TypeOf(normalizer).Substring(2)]);
                break;
            case "Lowercase":
                _steps.Add(["lowercase"]);
                break;
            case "StripAccents":
                _steps.Add(["stripMarks"]);
                break;
            case "Precompiled":
                if (normalizer.FindString("precompiled_charsmap") is { Length: > 0 } map)
                    _steps.Add(["charsmap", map]);
                break;
            default:
                throw Refuse(normalizer, $"the normalizer {TypeOf(normalizer)}{(TypeOf(normalizer) == "Replace" ? " by this pattern" : "")}",
                    "Prepend, Replace of a text or of ' {2,}', Strip, the forms of Unicode, Lowercase, StripAccents and Precompiled are supported for pieces of characters");
        }
    }

    private void Spaces(JsonValue split)
    {
        switch (TypeOf(split))
        {
            case "Sequence":
                foreach (JsonValue one in split.RequireArray("pretokenizers").Items)
                    Spaces(one);
                break;
            case "WhitespaceSplit" when _spaceMark is null && !_splitsWhiteSpace:
                _splitsWhiteSpace = true;
                break;
            case "Metaspace" when _spaceMark is null && (split.FindString("replacement") ?? "▁") == "▁":
                // Older files say it by add_prefix_space.
                _spaceMark = split.FindString("prepend_scheme") ?? (Flag(split, "add_prefix_space", true) ? "always" : "never");
                if (_spaceMark is not ("always" or "first" or "never"))
                    throw split.Require("prepend_scheme").Error("\"prepend_scheme\" must be one of always, first, never");
                _splitsMarks = Flag(split, "split", true);
                break;
            default:
                throw Refuse(split, $"the pre_tokenizer {TypeOf(split)}{(TypeOf(split) is "Metaspace" or "WhitespaceSplit" ? " in this place or form" : "")}",
                    "none, Metaspace with ▁, and WhitespaceSplit before it are supported for pieces of characters");
        }
    }
}
