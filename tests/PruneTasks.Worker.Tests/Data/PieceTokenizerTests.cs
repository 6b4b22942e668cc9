using System.Buffers.Binary;
using System.Text;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Onnx;
using PruneTasks.Text;

namespace PruneTasks.Worker.Tests.Data;

/// <summary>tokenizer.json from the file to ids, on vocabularies small enough to follow the published algorithms (huggingface/tokenizers) by hand.</summary>
public sealed class PieceTokenizerTests
{
    private const string Added = """[ { "id": 0, "content": "<unk>", "special": true }, { "id": 1, "content": "<s>", "special": true }, { "id": 2, "content": "</s>", "special": true } ]""";

    private const string Llama = """
        { "added_tokens": ADDED,
          "normalizer": { "type": "Sequence", "normalizers": [ { "type": "Prepend", "prepend": "▁" }, { "type": "Replace", "pattern": { "String": " " }, "content": "▁" } ] },
          "pre_tokenizer": null,
          "post_processor": { "type": "TemplateProcessing", "single": [ { "SpecialToken": { "id": "<s>" } }, { "Sequence": { "id": "A" } } ], "special_tokens": { "<s>": { "ids": [1] } } },
          "model": { "type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true,
            "vocab": { "<unk>": 0, "<s>": 1, "</s>": 2, "<0xC3>": 3, "<0xA9>": 4, "▁": 5, "a": 6, "b": 7, "ab": 8, "▁a": 9, "▁ab": 10, "▁▁": 11 },
            "merges": [ "a b", "▁ ab", "▁ a", "▁ ▁" ] } }
        """;

    private const string Unigram = """
        { "added_tokens": [ { "id": 7, "content": "<mask>", "special": true, "lstrip": true } ],
          "normalizer": { "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": " " },
          "pre_tokenizer": { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always" },
          "model": { "type": "Unigram", "unk_id": 0,
            "vocab": [ ["<unk>", 0], ["▁", -2], ["a", -3], ["b", -3], ["ab", -4], ["▁a", -3.5], ["▁ab", -9] ] } }
        """;

    [Theory]
    // a and b are joined first, then ▁ with ab: the second word has no b.
    [InlineData("ab a", "10 9")]
    [InlineData("", "")]
    // Two spaces: ▁▁▁a. "▁ a" ranks before "▁ ▁".
    [InlineData("  a", "11 9")]
    // No piece: its bytes; none for these bytes: one unknown for both.
    [InlineData("é", "5 3 4")]
    [InlineData("ñzb", "5 0 7")]
    // Each part between special tokens is a text of its own.
    [InlineData("a</s>ab", "9 2 10")]
    [InlineData("b<s>", "5 7 1")]
    public void Pairs_are_joined_by_rank_and_unknown_characters_become_bytes(string text, string ids)
    {
        TextTokenizer tokenizer = Make(Llama.Replace("ADDED", Added));
        Assert.Equal(ids, string.Join(' ', tokenizer.Split(text)));
        Assert.Equal($"1 {ids}".Trim(), string.Join(' ', tokenizer.Encode(text)));
    }

    [Fact]
    public void Ids_become_the_text_again()
    {
        TextTokenizer tokenizer = Make(Llama.Replace("ADDED", Added));
        foreach (string text in new[] { "ab a", "aé b", "  a", "é" })
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal("a\uFFFD", tokenizer.Decode([9, 3]));
    }

    [Fact]
    public void What_the_model_says_of_unknown_characters_and_whole_words_counts()
    {
        string json = Llama.Replace("ADDED", Added);
        // Unknown characters one by one.
        Assert.Equal("5 0 0 7", Ids(json.Replace("\"fuse_unk\": true", "\"fuse_unk\": false"), "ñzb"));
        Assert.Equal("5 0", Ids(json.Replace("\"byte_fallback\": true", "\"byte_fallback\": false"), "é"));
        // Without a rank, ab cannot come about; but as a whole it is in the vocabulary.
        string unmerged = json.Replace("\"a b\", \"▁ ab\", ", "");
        Assert.Equal("9 7", Ids(unmerged, "ab"));
        Assert.Equal("10", Ids(unmerged.Replace("\"fuse_unk\"", "\"ignore_merges\": true, \"fuse_unk\""), "ab"));
        // Ranks decide, not the length of what they give.
        Assert.Equal("9 7", Ids(json.Replace("\"a b\", \"▁ ab\", \"▁ a\"", "\"▁ a\", \"a b\", \"▁ ab\""), "ab"));
    }

    [Theory]
    // ▁ + ab scores -6, ▁a + b -6.5, ▁ab -9.
    [InlineData("ab", "1 4")]
    [InlineData("a", "5")]
    // x and y are one unknown.
    [InlineData("xyb", "1 0 3")]
    [InlineData("xbxx", "1 0 3 0")]
    [InlineData("a   ab", "5 1 4")]
    // No second ▁ where the text begins with one.
    [InlineData(" a", "5")]
    [InlineData("a <mask> a", "5 7 5")]
    [InlineData("a<mask>a", "5 7 5")]
    public void The_best_sum_of_scores_decides(string text, string ids) => Assert.Equal(ids, Ids(Unigram, text));

    [Fact]
    public void White_space_and_the_mark_in_front_go_as_the_file_says()
    {
        Assert.Equal("5 7 5", Ids(Unigram.Replace("\"always\"", "\"first\""), "a<mask> a"));
        Assert.Equal("5 7 2", Ids(Unigram.Replace("\"always\"", "\"first\""), "a<mask>a"));
        Assert.Equal("2 7 2", Ids(Unigram.Replace("\"always\"", "\"never\""), "a<mask>a"));
        string words = Unigram.Replace("{ \"type\": \"Metaspace\"", "{ \"type\": \"Sequence\", \"pretokenizers\": [ { \"type\": \"WhitespaceSplit\" }, { \"type\": \"Metaspace\"").Replace("\"always\" }", "\"always\" } ] }");
        Assert.Equal("5 5", Ids(words, "\ta\n a "));
        Assert.Equal("a ab", Make(Unigram).Decode(Make(Unigram).Encode("a ab")));
    }

    [Fact]
    public void A_compiled_map_of_characters_is_looked_up_by_the_character()
    {
        // A double array for the one key U+FF41 (EF BD 81), whose value is the text at 0; units lie so that each byte leads to a block of its own.
        var units = new uint[1025];
        units[0] = Unit(0, 256);
        units[256 ^ 0xEF] = Unit(0xEF, (256 ^ 0xEF) ^ 512);
        units[512 ^ 0xBD] = Unit(0xBD, (512 ^ 0xBD) ^ 768);
        units[768 ^ 0x81] = Unit(0x81, (768 ^ 0x81) ^ 1024) | 1 << 8;
        units[1024] = 1u << 31;
        byte[] map = new byte[4 + (4 * units.Length) + 2];
        BinaryPrimitives.WriteInt32LittleEndian(map, 4 * units.Length);
        for (int i = 0; i < units.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + (4 * i)), units[i]);
        map[^2] = (byte)'a';

        string json = Unigram.Replace("{ \"type\": \"Replace\"", "{ \"type\": \"Sequence\", \"normalizers\": [ { \"type\": \"Precompiled\", \"precompiled_charsmap\": \"" + Convert.ToBase64String(map) + "\" }, { \"type\": \"Replace\"")
            .Replace("\"content\": \" \" }", "\"content\": \" \" } ] }");
        Assert.Equal("1 4", Ids(json, "\uFF41b"));
        Assert.Equal("1 0", Ids(json, "\uFF42"));

        static uint Unit(int label, int offset) => (uint)label | ((uint)offset << 10);
    }

    [Fact]
    public void Words_of_a_byte_vocabulary_come_before_its_merges_where_the_file_says_so()
    {
        const string Json = """
            { "added_tokens": [], "normalizer": null, "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "use_regex": true },
              "model": { "type": "BPE", "ignore_merges": true, "vocab": { "a": 0, "b": 1, "Ġ": 2, "ab": 3, "ba": 4, "Ġab": 5, "Ã": 6, "©": 7, "Ã©": 8 }, "merges": [ "b a" ] } }
            """;
        Assert.Equal("3 2 4", Ids(Json, "ab ba"));
        Assert.Equal("8 5", Ids(Json, "é ab"));
        // As a part of a longer word it goes by the merges.
        Assert.Equal("0 1 6 7", Ids(Json, "abé"));
        string byMerges = Json.Replace("\"ignore_merges\": true", "\"ignore_merges\": false");
        Assert.Equal("0 1 2 4", Ids(byMerges, "ab ba"));
        Assert.Equal("6 7 2 0 1", Ids(byMerges, "é ab"));
    }

    [Fact]
    public void A_character_without_piece_where_nothing_stands_for_unknown_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Make(Unigram.Replace("\"unk_id\": 0", "\"unk_id\": null")).Split("x"));
    }

    private static string Ids(string json, string text) => string.Join(' ', Make(json).Split(text));

    /// <summary>As build and worker do it.</summary>
    internal static TextTokenizer Make(string json) => Make("tokenizer.json", Encoding.UTF8.GetBytes(json));

    /// <summary>As build and worker do it.</summary>
    internal static TextTokenizer Make(string file, byte[] bytes, string more = "")
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder.File(file), bytes);
        SpecReadResult spec = PruneSpecReader.Read($"version: 1\ntask: text-embedding\ntext: {{ tokenizer: {file}{more} }}\n", folder.File("m.prune.yaml"));
        Assert.Empty(spec.Diagnostics);
        AxisSignature[] axes = [new(null, "batch"), new(null, "length")];
        ManifestResult built = ManifestBuilder.Build(spec.Spec!, new ModelSignature
        {
            IrVersion = 8,
            Producer = "",
            ProducerVersion = "",
            Opsets = [],
            ExternalFiles = [],
            Inputs = [new TensorSignature("input_ids", ElementType.Int64, axes)],
            Outputs = [new TensorSignature("y", ElementType.Float32, [.. axes, new(4, null)])],
        });
        Assert.Empty(built.Diagnostics);
        TokenizerDefinition definition = TokenizerDefinition.Read(Encoding.UTF8.GetBytes(built.Tokenizer!.Definition), []);
        return new PieceTokenizer(definition);
    }
}
