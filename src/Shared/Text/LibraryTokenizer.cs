namespace PruneTasks.Text;

/// <summary>
/// A tokenizer of Microsoft.ML.Tokenizers. This file is compiled into the worker, and its class is also written into the generated code of
/// apps that reference the library (docs/decisions/0065): hence full names, C# 10, and nothing that needs a using directive.
/// </summary>
// <generated-code-begin>
internal sealed class LibraryTokenizer : global::PruneTasks.Text.TextTokenizer
{
    // The pattern of GPT-2 (openai/gpt-2, encoder.py), which tokenizer.json means by ByteLevel with use_regex.
    private const string Gpt2Pattern = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // BERT (google-research/bert, tokenization.py): each character of punctuation is a word, and all of ASCII that is neither letter nor digit counts as such.
    private const string BertPattern = @"[!-/:-@\[-`{-~\p{P}]|[^\s!-/:-@\[-`{-~\p{P}]+";

    private readonly global::Microsoft.ML.Tokenizers.Tokenizer _tokenizer;
    private readonly global::PruneTasks.Text.TokenizerDefinition _definition;
    private readonly global::System.Text.RegularExpressions.Regex? _special;
    private readonly global::System.Text.RegularExpressions.Regex? _words;
    private readonly global::System.Collections.Generic.Dictionary<string, int>? _whole;
    private readonly bool _prefixSpace;
    private readonly bool _compose;
    private readonly bool _stripAccents;

    public LibraryTokenizer(global::PruneTasks.Text.TokenizerDefinition definition)
        : base(definition)
    {
        _definition = definition;
        if (definition.Kind is "wordpiece" or "bpe" && definition.Special.Count > 0)
            _special = Special(definition.Special.Keys);
        if (definition.Kind == "bpe" && definition.WholeWords)
        {
            _words = new(definition.Pattern ?? Gpt2Pattern, global::System.Text.RegularExpressions.RegexOptions.CultureInvariant);
            _whole = new(global::System.StringComparer.Ordinal);
            for (int i = 0; i < definition.Tokens.Count; i++)
                _whole[definition.Tokens[i]] = i;
        }
        _prefixSpace = definition.PrefixSpace;
        _compose = definition.Compose;
        _stripAccents = definition.StripAccents;
        _tokenizer = definition.Kind switch
        {
            "wordpiece" => WordPiece(definition),
            "bpe" => Bpe(definition),
            "sentencepiece" => SentencePiece(definition),
            "tiktoken" => Tiktoken(definition),
            _ => throw new global::System.NotSupportedException("The tokenizer is of the kind '" + definition.Kind + "', which is not known."),
        };
    }

    public override global::System.Collections.Generic.IReadOnlyList<int> Split(string text)
    {
        if (_special is null)
            return Piece(text);
        global::System.Collections.Generic.List<int> ids = new();
        int from = 0;
        foreach (global::System.Text.RegularExpressions.Match token in _special.Matches(text))
        {
            int to = token.Index;
            while (_definition.LeftStrip.Contains(token.Value) && to > from && char.IsWhiteSpace(text[to - 1]))
                to--;
            if (to > from)
                ids.AddRange(Piece(text.Substring(from, to - from)));
            ids.Add(_definition.Special[token.Value]);
            from = token.Index + token.Length;
            while (_definition.RightStrip.Contains(token.Value) && from < text.Length && char.IsWhiteSpace(text[from]))
                from++;
        }
        if (from < text.Length)
            ids.AddRange(Piece(text.Substring(from)));
        return ids;
    }

    public override string Decode(global::System.Collections.Generic.IReadOnlyList<int> ids) => _tokenizer.Decode(ids) ?? "";

    // As huggingface/tokenizers does it (AddedVocabulary): special tokens are found first, as they are written, the longest of several; each piece between is a text of its own.
    private static global::System.Text.RegularExpressions.Regex Special(global::System.Collections.Generic.IEnumerable<string> tokens)
    {
        global::System.Collections.Generic.List<string> longest = new(tokens);
        longest.Sort((a, b) => a.Length != b.Length ? b.Length - a.Length : string.CompareOrdinal(a, b));
        return new global::System.Text.RegularExpressions.Regex(
            string.Join("|", longest.ConvertAll(global::System.Text.RegularExpressions.Regex.Escape)), global::System.Text.RegularExpressions.RegexOptions.CultureInvariant);
    }

    private global::System.Collections.Generic.IReadOnlyList<int> Piece(string text)
    {
        if ((_compose || _stripAccents) && IsInvariant && HasAccents(text))
        {
            throw new global::System.NotSupportedException(
                "The tokenizer wants Unicode normalization of this text, which .NET does not do in globalization-invariant mode; set InvariantGlobalization to false, unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT, and install ICU.");
        }
        if (_compose)
            text = text.Normalize(global::System.Text.NormalizationForm.FormC);
        if (_prefixSpace && text.Length > 0 && text[0] != ' ')
            text = " " + text;
        if (_words is not null)
            return Words(text);
        return _tokenizer switch
        {
            global::Microsoft.ML.Tokenizers.BertTokenizer bert => bert.EncodeToIds(Clean(text), addSpecialTokens: false),
            global::Microsoft.ML.Tokenizers.SentencePieceTokenizer sentences => sentences.EncodeToIds(text, false, false),
            _ => _tokenizer.EncodeToIds(text),
        };
    }

    // A word that the vocabulary has is one token, whatever the merges say (ignore_merges of huggingface/tokenizers); the library would go by them.
    private global::System.Collections.Generic.List<int> Words(string text)
    {
        global::System.Collections.Generic.List<int> ids = new();
        int from = 0;
        foreach (global::System.Text.RegularExpressions.Match word in _words!.Matches(text))
        {
            Add(text.Substring(from, word.Index - from));
            Add(word.Value);
            from = word.Index + word.Length;
        }
        Add(text.Substring(from));
        return ids;

        void Add(string part)
        {
            if (part.Length == 0)
                return;
            if (_whole!.TryGetValue(_definition.ByteLevel ? AsBytes(part) : part, out int id))
                ids.Add(id);
            else
                ids.AddRange(_tokenizer.EncodeToIds(part));
        }
    }

    // As GPT-2 writes bytes: those that can be seen as they are, the others in their order from U+0100.
    private static string AsBytes(string text)
    {
        global::System.Text.StringBuilder written = new();
        foreach (byte value in global::System.Text.Encoding.UTF8.GetBytes(text))
        {
            if (value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174)
                written.Append((char)value);
            else
                written.Append((char)(256 + (value <= 32 ? value : value <= 160 ? value - 127 + 33 : 67)));
        }
        return written.ToString();
    }

    // Without ICU's data, normalization leaves all but ASCII as it is.
    private static bool IsInvariant => "\u00E9".Normalize(global::System.Text.NormalizationForm.FormD).Length == 1;

    // Where letters that are made of several characters are: Latin to Greek extended, and Hangul.
    private static bool HasAccents(string text)
    {
        foreach (char c in text)
        {
            if (c is (>= '\u00C0' and < '\u2000') or (>= '\uAC00' and <= '\uD7A3'))
                return true;
        }
        return false;
    }

    // As BERT does it: white space of all kinds becomes a blank, and characters that stand for nothing go. The library lets line ends go too.
    private static string Clean(string text)
    {
        global::System.Text.StringBuilder clean = new(text.Length);
        foreach (global::System.Text.Rune rune in text.EnumerateRunes())
        {
            bool line = rune.Value is '\t' or '\n' or '\r';
            bool nothing = rune.Value is 0 or 0xFFFD || (!line && global::System.Text.Rune.GetUnicodeCategory(rune)
                is global::System.Globalization.UnicodeCategory.Control or global::System.Globalization.UnicodeCategory.Format
                or global::System.Globalization.UnicodeCategory.PrivateUse or global::System.Globalization.UnicodeCategory.OtherNotAssigned);
            if (!nothing)
                clean.Append(global::System.Text.Rune.IsWhiteSpace(rune) ? " " : rune.ToString());
        }
        return clean.ToString();
    }

    private static global::Microsoft.ML.Tokenizers.Tokenizer WordPiece(global::PruneTasks.Text.TokenizerDefinition definition)
    {
        string unknown = definition.Unknown ?? "[UNK]";
        global::System.Collections.Generic.HashSet<string> known = new(definition.Tokens, global::System.StringComparer.Ordinal);
        // The library wants all of these in the vocabulary; start, end and padding are put in by TextTokenizer, so the unknown token stands in.
        string Known(string token) => known.Contains(token) ? token : unknown;
        byte[] vocabulary = global::System.Text.Encoding.UTF8.GetBytes(string.Join("\n", definition.Tokens));
        using global::System.IO.MemoryStream stream = new(vocabulary);
        return global::Microsoft.ML.Tokenizers.BertTokenizer.Create(stream, new global::Microsoft.ML.Tokenizers.BertOptions
        {
            // The library's own pattern drops characters that are neither letters nor punctuation, as emoji.
            PreTokenizer = new global::Microsoft.ML.Tokenizers.RegexPreTokenizer(
                new global::System.Text.RegularExpressions.Regex(BertPattern, global::System.Text.RegularExpressions.RegexOptions.CultureInvariant), null),
            UnknownToken = unknown,
            ContinuingSubwordPrefix = definition.Prefix ?? "##",
            MaxInputCharsPerWord = definition.LongestWord,
            LowerCaseBeforeTokenization = definition.Lowercase,
            RemoveNonSpacingMarks = definition.StripAccents,
            IndividuallyTokenizeCjk = definition.SplitChinese,
            SeparatorToken = Known("[SEP]"),
            PaddingToken = Known("[PAD]"),
            ClassificationToken = Known("[CLS]"),
            MaskingToken = Known("[MASK]"),
        });
    }

    private static global::Microsoft.ML.Tokenizers.Tokenizer Bpe(global::PruneTasks.Text.TokenizerDefinition definition)
    {
        global::System.Collections.Generic.Dictionary<string, int> vocabulary = new(global::System.StringComparer.Ordinal);
        for (int i = 0; i < definition.Tokens.Count; i++)
            vocabulary[definition.Tokens[i]] = i;
        // Where words are split off before, each is one piece.
        string? pattern = definition.WholeWords ? @"[\s\S]+" : definition.Pattern ?? (definition.ByteLevel ? Gpt2Pattern : null);
        return global::Microsoft.ML.Tokenizers.BpeTokenizer.Create(new global::Microsoft.ML.Tokenizers.BpeOptions(vocabulary)
        {
            Merges = definition.Merges,
            SpecialTokens = definition.Special.Count > 0 ? definition.Special : null,
            UnknownToken = definition.Unknown,
            ContinuingSubwordPrefix = definition.Prefix,
            EndOfWordSuffix = definition.Suffix,
            ByteLevel = definition.ByteLevel,
            PreTokenizer = pattern is null
                ? global::Microsoft.ML.Tokenizers.PreTokenizer.CreateWordOrNonWord(null)
                : new global::Microsoft.ML.Tokenizers.RegexPreTokenizer(
                    new global::System.Text.RegularExpressions.Regex(pattern, global::System.Text.RegularExpressions.RegexOptions.CultureInvariant), null),
        });
    }

    private static global::Microsoft.ML.Tokenizers.Tokenizer SentencePiece(global::PruneTasks.Text.TokenizerDefinition definition)
    {
        using global::System.IO.MemoryStream stream = new(definition.Data);
        return global::Microsoft.ML.Tokenizers.SentencePieceTokenizer.Create(
            stream, false, false, definition.Special.Count > 0 ? definition.Special : null);
    }

    private static global::Microsoft.ML.Tokenizers.Tokenizer Tiktoken(global::PruneTasks.Text.TokenizerDefinition definition)
    {
        using global::System.IO.MemoryStream stream = new(definition.Data);
        return global::Microsoft.ML.Tokenizers.TiktokenTokenizer.Create(
            stream,
            new global::Microsoft.ML.Tokenizers.RegexPreTokenizer(
                new global::System.Text.RegularExpressions.Regex(
                    definition.Pattern ?? Gpt2Pattern, global::System.Text.RegularExpressions.RegexOptions.CultureInvariant),
                definition.Special.Count > 0 ? definition.Special : null),
            null,
            definition.Special);
    }
}
// <generated-code-end>
