using System.Text.RegularExpressions;
using PruneTasks.Json;

namespace PruneTasks.Spec.Tokenizers;

/// <content>What is done with a text before the model: the normalizer and the pre_tokenizer. PieceNormalizer and PieceSplitter of the runtime do it.</content>
internal sealed partial class HuggingFaceTokenizer
{
    /// <summary>BERT (google-research/bert, tokenization.py): all of ASCII that is neither letter nor digit counts as punctuation.</summary>
    public const string Punctuation = @"[!-/:-@\[-`{-~\p{P}]";

    private void Step(JsonValue normalizer)
    {
        switch (TypeOf(normalizer))
        {
            case "Sequence":
                foreach (JsonValue one in normalizer.RequireArray("normalizers").Items)
                    Step(one);
                break;
            case "BertNormalizer":
                bool lowercase = Flag(normalizer, "lowercase", true);
                if (Flag(normalizer, "clean_text", true))
                    _steps.Add(["clean"]);
                if (Flag(normalizer, "handle_chinese_chars", true))
                    _steps.Add(["chinese"]);
                // null means: as lowercase.
                if (Flag(normalizer, "strip_accents", lowercase))
                    _steps.AddRange([["form", "D"], ["stripAccents"]]);
                if (lowercase)
                    _steps.Add(["lowercase"]);
                break;
            case "Prepend":
                _steps.Add(["prepend", normalizer.RequireString("prepend")]);
                _dropFirstSpace = true;
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
                    "BertNormalizer, Prepend, Replace of a text or of ' {2,}', Strip, the forms of Unicode, Lowercase, StripAccents and Precompiled are supported");
        }
    }

    private void Split(JsonValue split)
    {
        switch (TypeOf(split))
        {
            case "Sequence":
                foreach (JsonValue one in split.RequireArray("pretokenizers").Items)
                    Split(one);
                break;
            case "Split":
                JsonValue pattern = split.Require("pattern");
                string written = pattern.FindString("Regex") ?? Regex.Escape(pattern.RequireString("String"));
                string read = TokenPattern.Read(written, out string? problem) ?? throw Refuse(pattern, $"a Split by a pattern with {problem}", "patterns that .NET reads as the tokenizers library does are supported");
                _splits.Add(["pattern", read, Behavior(split, Flag(split, "invert", false))]);
                break;
            case "ByteLevel":
                if (Flag(split, "add_prefix_space", true))
                    _splits.Add(["space"]);
                if (Flag(split, "use_regex", true))
                    _splits.Add(["pattern", TokenizerFiles.Gpt2, "isolated"]);
                _splits.Add(["bytes"]);
                _byteLevel = true;
                break;
            case "BertPreTokenizer":
                _splits.AddRange([["pattern", @"\s+", "removed"], ["pattern", Punctuation, "isolated"]]);
                break;
            case "WhitespaceSplit":
                _splits.Add(["pattern", @"\s+", "removed"]);
                break;
            case "Digits":
                _splits.Add(["pattern", @"\p{N}", Flag(split, "individual_digits", false) ? "isolated" : "runs"]);
                break;
            case "Punctuation":
                _splits.Add(["pattern", Punctuation, split.FindString("behavior") is null ? "isolated" : Behavior(split, invert: false)]);
                break;
            case "Metaspace" when (split.FindString("replacement") ?? "▁") == "▁":
                // Older files say it by add_prefix_space.
                string scheme = split.FindString("prepend_scheme") ?? (Flag(split, "add_prefix_space", true) ? "always" : "never");
                if (scheme is not ("always" or "first" or "never"))
                    throw split.Require("prepend_scheme").Error("\"prepend_scheme\" must be one of always, first, never");
                _splits.Add(["marks", scheme, Flag(split, "split", true) ? "split" : "whole"]);
                _dropFirstSpace = scheme != "never";
                break;
            default:
                throw Refuse(split, $"the pre_tokenizer {TypeOf(split)}{(TypeOf(split) == "Metaspace" ? " with another mark than ▁" : "")}",
                    "Split, ByteLevel, BertPreTokenizer, WhitespaceSplit, Digits, Punctuation and Metaspace with ▁ are supported");
        }
    }

    private string Behavior(JsonValue split, bool invert) => (split.RequireString("behavior"), invert) switch
    {
        ("Isolated", _) => "isolated",
        ("Removed", false) => "removed",
        ("Removed", true) => "matches",
        ("MergedWithPrevious", false) => "previous",
        ("MergedWithNext", false) => "next",
        ("Contiguous", _) => "runs",
        var (behavior, _) => throw Refuse(split.Require("behavior"), $"the behavior {behavior}{(invert ? " with invert" : "")}",
            "Isolated, Contiguous and Removed, and without invert MergedWithPrevious and MergedWithNext, are supported"),
    };
}
