using System.Text;
using PruneTasks.Text;

namespace PruneTasks.Worker.Tests.Data;

/// <summary>
/// What real files ask for and once came out otherwise, each on a small vocabulary. Ids of tokenizer.json are those of huggingface/tokenizers (npm package
/// tokenizers 0.23.2), of .model those of google/sentencepiece (@sctg/sentencepiece-js 1.3.3), of .tiktoken those of openai/tiktoken (npm package tiktoken 1.0.22).
/// </summary>
public sealed class TokenizerFormTests
{
    private const string Bytes = """
        { "normalizer": NORMALIZER, "pre_tokenizer": { "type": "Sequence", "pretokenizers": [ SPLITS, { "type": "ByteLevel", "add_prefix_space": false, "use_regex": false } ] },
          "model": { "type": "BPE", "vocab": { "a": 0, "b": 1, "1": 2, "2": 3, "Ġ": 4, "ð": 5, "Ŀ": 6, "IJ": 7, "Ģ": 8, "ä": 9, "¸": 10, "Ń": 11, "!": 12, "ab": 13, "að": 14, "12": 15, "ä¸": 16, "aä": 17, "a1": 18, "Ń1": 19, "Ġa": 20, "¸a": 23, "!a": 30 },
            "merges": [ [ "a", "b" ], [ "a", "ð" ], [ "1", "2" ], [ "ä", "¸" ], [ "a", "ä" ], [ "a", "1" ], [ "Ń", "1" ], [ "Ġ", "a" ], [ "¸", "a" ], [ "!", "a" ] ] } }
        """;

    private static readonly Dictionary<string, string> Files = new()
    {
        // Letters beyond U+FFFF are letters.
        ["letters"] = Bytes.Replace("NORMALIZER", "null").Replace("SPLITS", """{ "type": "Split", "pattern": { "Regex": "\\p{L}+|\\p{N}{1,3}|[^\\p{L}\\p{N}]+" }, "behavior": "Isolated", "invert": false }"""),
        // Several patterns, one after the other (DeepSeek).
        ["several"] = Bytes.Replace("NORMALIZER", "{ \"type\": \"Sequence\", \"normalizers\": [] }").Replace("SPLITS", """
            { "type": "Split", "pattern": { "Regex": "\\p{N}{1,3}" }, "behavior": "Isolated", "invert": false },
            { "type": "Split", "pattern": { "Regex": "[一-龥]+" }, "behavior": "Isolated", "invert": false }
            """),
        // What no match has is left out (GPT-4o).
        ["matches"] = Bytes.Replace("NORMALIZER", "null").Replace("SPLITS", """{ "type": "Split", "pattern": { "Regex": "[a-z]+|\\p{N}" }, "behavior": "Removed", "invert": true }"""),
        ["previous"] = Bytes.Replace("NORMALIZER", "null").Replace("SPLITS", """{ "type": "Split", "pattern": { "String": "!" }, "behavior": "MergedWithPrevious", "invert": false }"""),
        ["next"] = Bytes.Replace("NORMALIZER", "null").Replace("SPLITS", """{ "type": "Split", "pattern": { "String": "!" }, "behavior": "MergedWithNext", "invert": false }"""),
        ["runs"] = Bytes.Replace("NORMALIZER", "null").Replace("SPLITS", """{ "type": "Split", "pattern": { "String": "!" }, "behavior": "Contiguous", "invert": false }, { "type": "Digits", "individual_digits": true }"""),
        // A form of Unicode before bytes (Claude).
        ["form"] = Bytes.Replace("NORMALIZER", "{ \"type\": \"NFKC\" }").Replace("SPLITS", """{ "type": "Punctuation", "behavior": "Isolated" }"""),
        // A mark for the end of a word (CLIP).
        ["suffix"] = """
            { "pre_tokenizer": { "type": "Sequence", "pretokenizers": [ { "type": "Split", "pattern": { "Regex": "\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+" }, "behavior": "Removed", "invert": true }, { "type": "ByteLevel", "add_prefix_space": false, "use_regex": true } ] },
              "model": { "type": "BPE", "unk_token": "u", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "vocab": { "a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab": 4, "ab</w>": 5, "abb</w>": 6, "u": 7 }, "merges": [ "a b", "a b</w>", "ab b</w>" ] } }
            """,
        // Spaces are marks before they could split (Gemma 3); ids are left out, and an added token is white space.
        ["spaces"] = """
            { "added_tokens": [ { "id": 0, "content": "<bos>", "special": true, "normalized": false }, { "id": 9, "content": "\n\n", "special": false, "normalized": false }, { "id": 11, "content": "<image>", "special": true, "normalized": false } ],
              "normalizer": { "type": "Replace", "pattern": { "String": " " }, "content": "▁" }, "pre_tokenizer": { "type": "Split", "pattern": { "String": " " }, "behavior": "MergedWithPrevious", "invert": false },
              "model": { "type": "BPE", "unk_token": "u", "fuse_unk": true, "byte_fallback": true, "vocab": { "<bos>": 0, "u": 1, "a": 2, "▁": 3, "▁a": 4, "▁▁": 5, "<0x0A>": 6, "<0xC3>": 7, "<0xA9>": 8, "\n\n": 9, "a▁": 12 }, "merges": [ [ "▁", "▁" ], [ "a", "▁" ], [ "▁", "a" ] ] } }
            """,
        // Syllables of Korean come apart with their accents; a bracket is no word.
        ["bert"] = """
            { "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true }, "pre_tokenizer": { "type": "BertPreTokenizer" },
              "model": { "type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                "vocab": { "u": 0, "\u1112": 1, "##\u1161": 2, "##\u11AB": 3, "中": 4, "e": 5, "##e": 6, "(": 7, ")": 8, "か": 9, "i": 10, "##\u0378": 11 } } }
            """,
    };

    public static TheoryData<string, string, string> Recorded => new()
    {
        { "letters", "a\uD835\uDC00", "14 6 8" },
        { "letters", "a\uD835\uDFCF1", "0 5 6 2" },
        { "letters", "ab \uD835\uDC00a", "13 4 5 6 8 0" },
        { "letters", "1212", "15 2 3" },
        { "letters", "a!a", "0 12 0" },
        { "several", "a12", "0 15" },
        { "several", "12ab", "15 13" },
        { "several", "a\u4E2D", "0 16 11" },
        { "several", "\u4E2D12", "16 11 15" },
        { "several", "\u4E2Da12", "16 11 0 15" },
        { "several", " a", "20" },
        { "matches", "!a !b", "0 1" },
        { "matches", "a1 12", "0 2 2 3" },
        { "matches", "ab!", "13" },
        { "previous", "a!a", "0 12 0" },
        { "previous", "!!a", "12 12 0" },
        { "previous", "a!!a! a", "0 12 12 0 12 20" },
        { "next", "a!a", "0 30" },
        { "next", "!!a", "12 30" },
        { "next", "a!!a! a", "0 12 30 12 20" },
        { "runs", "!!a", "12 12 0" },
        { "runs", "a!!ab", "0 12 12 13" },
        { "runs", "12!", "2 3 12" },
        { "form", "\uD835\uDC1Ab", "13" },
        { "form", "\u2460\u00B2", "15" },
        { "form", "a\uFF01a", "0 12 0" },
        { "suffix", "a", "2" },
        { "suffix", "ab", "5" },
        { "suffix", "abb ab", "6 5" },
        { "suffix", "aab!", "0 5 7" },
        { "suffix", "b a b", "3 2 3" },
        { "suffix", "\u00E9", "7 7" },
        { "spaces", "a a", "12 2" },
        { "spaces", "  a", "5 2" },
        { "spaces", "a\n\na", "2 9 2" },
        { "spaces", "a\n\n\na", "2 9 6 2" },
        { "spaces", "a <image> a", "12 11 4" },
        { "spaces", "<bos>a \u00E9", "0 12 7 8" },
        { "spaces", "a\u00E8", "2 1" },
        { "bert", "\uD55C", "1 2 3" },
        { "bert", "\u1112\u1161\u11AB", "1 2 3" },
        { "bert", "\u00E9\u00C9(\u4E2D\u4E2D)", "5 6 7 4 4 8" },
        { "bert", "\u304C", "9" },
        { "bert", "\u0130", "10" },
        { "bert", "e\u0378e", "5 11 6" },
        { "bert", "e\u200Be", "5 6" },
        { "bert", "e\uE000", "5" },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Ids_are_those_of_the_library_that_defines_the_format(string file, string text, string ids)
    {
        TextTokenizer tokenizer = PieceTokenizerTests.Make(Files[file]);
        // Forms of Unicode need ICU's data; tests may run without it.
        if (file is "form" or "bert" && "\u00E9".Normalize(NormalizationForm.FormD).Length == 1 && text.Any(letter => letter > 0xBF && letter is not ('\u200B' or '\uE000')))
            Assert.Throws<NotSupportedException>(() => tokenizer.Split(text));
        else
            Assert.Equal(ids, string.Join(' ', tokenizer.Split(text)));
    }

    [Fact]
    public void Halves_of_characters_count_as_the_replacement_character()
    {
        TextTokenizer tokenizer = PieceTokenizerTests.Make(Files["spaces"].Replace("\"a▁\": 12", "\"a▁\": 12, \"\uFFFD\": 13"));
        Assert.Equal([2, 13, 2], tokenizer.Split("a\uD83Da"));
        Assert.Equal([13, 13], tokenizer.Split("\uDE00\uD83D"));
    }

    [Fact]
    public void Text_of_ids_has_marks_of_words_as_spaces()
    {
        Assert.Equal("ab a ", PieceTokenizerTests.Make(Files["suffix"]).Decode([5, 2]));
        Assert.Equal("a\n\n aé", PieceTokenizerTests.Make(Files["spaces"]).Decode([0, 2, 9, 4, 7, 8, 11]));
        Assert.Equal("ee, e (e i", PieceTokenizerTests.Make(Files["bert"].Replace("\"か\"", "\",\"")).Decode([5, 6, 9, 5, 7, 6, 10]));
    }

    // With the square of its length a word of this size would take hours.
    [Fact]
    public void A_word_may_be_as_long_as_a_text()
    {
        Assert.Equal(250_000, PieceTokenizerTests.Make(Files["letters"]).Split(string.Concat(Enumerable.Repeat("abb", 125_000))).Count);
        Assert.Equal(225_000, Ranks("gpt2").Split(string.Concat(Enumerable.Repeat("abba", 75_000))).Count);
    }

    [Theory]
    [InlineData("ab", "5")]
    [InlineData("abba b", "5 1 0 2 1")]
    [InlineData("bbb", "7 1")]
    [InlineData("  a", "2 6")]
    [InlineData("\u00E9a", "8 9 0")]
    [InlineData("1!1", "3 4 3")]
    [InlineData("aabb", "0 5 1")]
    public void Ranks_join_bytes(string text, string ids) => Assert.Equal(ids, string.Join(' ', Ranks("gpt2").Split(text)));

    [Fact]
    public void A_pattern_may_have_possessive_quantifiers_and_leave_text_out() =>
        Assert.Equal([5, 3], Ranks("'[ab]?+[ab]++|\\p{N}++'").Split("!ab! a1"));

    [Theory]
    [InlineData("pairs")]
    [InlineData("unigram")]
    public void A_model_of_SentencePiece_splits_as_that_library_does(string type)
    {
        TextTokenizer tokenizer = PieceTokenizerTests.Make("tokenizer.model", Model(type == "pairs"));
        foreach ((string text, string pairs, string unigram) in SentencePiece)
            Assert.Equal((text, type == "pairs" ? pairs : unigram), (text, string.Join(' ', tokenizer.Split(text))));
        Assert.Equal("ab a \u2047 ", tokenizer.Decode([1, 6, 4, 0]));
    }

    private static readonly (string Text, string Pairs, string Unigram)[] SentencePiece =
    [
        ("ab", "6", "6"),
        ("a ab", "4 6", "4 6"),
        ("  ab  a ", "10 6 3 4 3", "6 4"),
        ("abb", "6 7", "4 11"),
        ("[x]a", "3 9 5", "3 9 5"),
        ("a[x] [x]b", "4 9 3 9 7", "4 9 3 9 7"),
        ("<s>a", "3 72 127 74 5", "3 0 5"),
        ("\u00E9", "3 207 181", "3 0"),
        ("\u00E8\u00E8a", "3 207 180 207 180 5", "3 0 5"),
        ("a\u00E9", "4 207 181", "4 0"),
        ("", "", ""),
        ("   ", "10 10", ""),
        ("bbbb", "3 11 11", "3 11 11"),
    ];

    private static TextTokenizer Ranks(string pattern) => PieceTokenizerTests.Make(
        "own.tiktoken", Encoding.ASCII.GetBytes(string.Join('\n', new[] { "a", "b", " ", "1", "!", "ab", " a", "bb", "\u00C3", "\u00A9" }.Select((token, i) => $"{Convert.ToBase64String(Encoding.Latin1.GetBytes(token))} {i}"))), $", pattern: {pattern}");

    // sentencepiece_model.proto: pieces with text, score and type (2 unknown, 3 control, 4 of the user, 6 a byte); trainer with type and byte_fallback; normalizer.
    private static byte[] Model(bool pairs)
    {
        (string Text, float Score, int Type)[] pieces =
        [
            ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("▁", -3, 1), ("▁a", -1, 1), ("a", -4, 1), ("▁ab", -2.5f, 1), ("b", -4, 1), ("ab", -0.5f, 1), ("[x]", 0, 4), ("▁▁", -5, 1), ("bb", -3.75f, 1),
            .. pairs ? Enumerable.Range(0, 256).Select(value => ($"<0x{value:X2}>", 0f, 6)) : [],
        ];
        List<byte> model = [];
        foreach ((string text, float score, int type) in pieces)
            Message(model, 1, [0x0A, (byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text), 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)type]);
        Message(model, 2, [0x18, (byte)(pairs ? 2 : 1), 0x98, 0x02, (byte)(pairs ? 1 : 0)]);
        Message(model, 3, [0x18, 1, 0x20, (byte)(pairs ? 0 : 1), 0x28, 1]);
        return [.. model];
    }

    private static void Message(List<byte> model, int field, byte[] content) => model.AddRange([(byte)((field << 3) | 2), (byte)content.Length, .. content]);
}
