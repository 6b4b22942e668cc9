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

    private readonly global::Microsoft.ML.Tokenizers.Tokenizer _tokenizer;
    private readonly bool _prefixSpace;
    private readonly bool _compose;

    public LibraryTokenizer(global::PruneTasks.Text.TokenizerDefinition definition)
        : base(definition)
    {
        _prefixSpace = definition.PrefixSpace;
        _compose = definition.Compose;
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
        if (_compose)
            text = text.Normalize(global::System.Text.NormalizationForm.FormC);
        if (_prefixSpace && text.Length > 0 && !char.IsWhiteSpace(text[0]))
            text = " " + text;
        return _tokenizer switch
        {
            global::Microsoft.ML.Tokenizers.BertTokenizer bert => bert.EncodeToIds(text, addSpecialTokens: false),
            global::Microsoft.ML.Tokenizers.SentencePieceTokenizer sentences => sentences.EncodeToIds(text, false, false),
            _ => _tokenizer.EncodeToIds(text),
        };
    }

    public override string Decode(global::System.Collections.Generic.IReadOnlyList<int> ids) => _tokenizer.Decode(ids) ?? "";

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
        string? pattern = definition.Pattern ?? (definition.ByteLevel ? Gpt2Pattern : null);
        return global::Microsoft.ML.Tokenizers.BpeTokenizer.Create(new global::Microsoft.ML.Tokenizers.BpeOptions(vocabulary)
        {
            Merges = definition.Merges,
            SpecialTokens = definition.Special.Count > 0 ? definition.Special : null,
            UnknownToken = definition.Unknown,
            ContinuingSubwordPrefix = definition.Prefix,
            EndOfWordSuffix = definition.Suffix,
            ByteLevel = definition.ByteLevel,
            PreTokenizer = pattern is null
                ? global::Microsoft.ML.Tokenizers.PreTokenizer.CreateWordOrNonWord(definition.Special.Count > 0 ? definition.Special : null)
                : new global::Microsoft.ML.Tokenizers.RegexPreTokenizer(
                    new global::System.Text.RegularExpressions.Regex(pattern, global::System.Text.RegularExpressions.RegexOptions.CultureInvariant),
                    definition.Special.Count > 0 ? definition.Special : null),
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
