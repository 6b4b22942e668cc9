using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Tests.Tokenizers;

/// <summary>Tokenizers as the build reads them; what they give in the app is tried against another program's ids in TextModelTests.</summary>
public sealed class TokenizerTests
{
    private const string WordPiece = """
        { "added_tokens": [], "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true },
          "pre_tokenizer": { "type": "BertPreTokenizer" },
          "post_processor": { "type": "TemplateProcessing", "single": [{ "SpecialToken": { "id": "[S]" } }, { "Sequence": { "id": "A" } }], "special_tokens": { "[S]": { "ids": [1] } } },
          "padding": { "pad_id": 3 }, "truncation": { "max_length": 7 },
          "model": { "type": "WordPiece", "unk_token": "u", "vocab": { "u": 0, "[S]": 1, "1": 2, "p": 3 } } }
        """;

    [Fact]
    public void Ids_of_a_tokenizer_json_are_ids_also_where_a_token_has_their_digits()
    {
        ManifestResult result = Build(WordPiece, "");
        Assert.Empty(result.Diagnostics);
        Assert.Contains("\"start\": [1]", result.Tokenizer!.Definition);
        Assert.Contains("\"stripAccents\"", result.Tokenizer.Definition);
        Assert.Equal((7, 3), (result.Manifest!.Text!.MaxLength, result.Manifest.Text.Pad));
        // In the spec the token comes first, then the id.
        Assert.Contains("\"start\": [2, 3]", Build(WordPiece, ", start: [\"1\", 3]").Tokenizer!.Definition);
        Assert.Equal("PRUNE0030", Assert.Single(Build(WordPiece, ", end: [nothing]").Diagnostics).Id);
    }

    [Theory]
    [InlineData("\"BertNormalizer\"", "\"Nmt\"", "PRUNE0305")]
    [InlineData("\"BertPreTokenizer\"", "\"Whitespace\"", "PRUNE0305")]
    [InlineData("\"type\": \"BertPreTokenizer\"", "\"type\": \"Split\", \"behavior\": \"Isolated\", \"pattern\": { \"Regex\": \"[a[b]]\" }", "PRUNE0305")]
    [InlineData("\"type\": \"BertPreTokenizer\"", "\"type\": \"Split\", \"behavior\": \"Isolated\", \"pattern\": { \"Regex\": \"\\\\p{Nothing}\" }", "PRUNE0305")]
    [InlineData("\"type\": \"BertPreTokenizer\"", "\"type\": \"Split\", \"behavior\": \"MergedWithNext\", \"invert\": true, \"pattern\": { \"String\": \"a\" }", "PRUNE0305")]
    [InlineData("\"TemplateProcessing\"", "\"Other\"", "PRUNE0305")]
    [InlineData("\"WordPiece\"", "\"Unigram\"", "PRUNE0305")]
    [InlineData("\"p\": 3", "\"p\": 2", "PRUNE0030")]
    [InlineData("\"p\": 3", "\"p\": 5000", "PRUNE0030")]
    [InlineData("\"u\": 0", "\"v\": 0", "PRUNE0030")]
    [InlineData("\"p\": 3 }", "\"p\": 3", "PRUNE0030")]
    public void What_is_not_supported_or_broken_is_refused_with_its_place(string from, string to, string id)
    {
        var diagnostic = Assert.Single(Build(WordPiece.Replace(from, to), "").Diagnostics);
        Assert.Equal(id, diagnostic.Id);
        Assert.True(diagnostic.Line > 0);
    }

    [Fact]
    public void Inputs_are_told_by_name_or_by_the_spec_and_what_is_left_is_said()
    {
        TextManifest text = Text("", "input_ids", "attention_mask", "token_type_ids");
        Assert.Equal(new TextInputs("input_ids", "attention_mask", "token_type_ids", null), text.Inputs);
        Assert.Equal("ids", Text("", "ids").Inputs.Tokens);
        Assert.Equal(new TextInputs("a", "b", null, null), Text(", inputs: { tokens: a, mask: b }", "a", "b").Inputs);
        Assert.Contains("could all take token ids", Text("", "a", "b").Refusal);
        Assert.Contains("input 'b' is neither", Text(", inputs: { tokens: a }", "a", "b").Refusal);
        Assert.Equal("PRUNE0031", Assert.Single(Build(WordPiece, ", inputs: { mask: m }").Diagnostics).Id);
    }

    [Fact]
    public void Special_tokens_that_take_white_space_beside_them_keep_that()
    {
        string definition = Build(WordPiece.Replace("\"added_tokens\": []", "\"added_tokens\": [{ \"id\": 4, \"content\": \"<mask>\", \"special\": true, \"lstrip\": true }]"), "").Tokenizer!.Definition;
        Assert.Contains("\"<mask>\"", definition);
        Assert.Contains("\"leftStrip\": true", definition);
    }

    [Fact]
    public void Nothing_may_come_before_the_answer_of_a_chat()
    {
        SpecReadResult Read(string chat) => PruneSpecReader.Read($"version: 1\ntask: causal-lm\ntext: {{ tokenizer: t.bin, chat: {{ {chat} }} }}\n", "m.prune.yaml");
        const string Both = "user: \"{0}\", assistant: \"{0}\"";
        Assert.Equal("", Read(Both + ", reply: \"\"").Spec!.Text!.Chat!.Reply);
        Assert.Equal("\n", Read(Both + ", reply: \"\\n\"").Spec!.Text!.Chat!.Reply);
        Assert.Equal("", Read(Both).Spec!.Text!.Chat!.Reply);
        // A key without a value is a slip, and so is an empty message.
        Assert.Contains("a text, \"\" for none", Assert.Single(Read(Both + ", reply: ").Diagnostics).Message);
        SpecReadResult read = Read("user: \"\", assistant: \"{0}\"");
        Assert.Contains("user", Assert.Single(read.Diagnostics).Message);
    }

    [Theory]
    [InlineData("\"Metaspace\"", "\"UnicodeScripts\"")]
    [InlineData("\"Prepend\", \"prepend\": \"▁\"", "\"Nmt\"")]
    [InlineData("\"Unigram\"", "\"WordLevel\"")]
    public void Of_a_model_with_pieces_of_characters_what_is_not_supported_is_refused_with_its_place(string from, string to)
    {
        const string Unigram = """
            { "added_tokens": [{ "id": 2, "content": "<m>", "special": true }], "normalizer": { "type": "Prepend", "prepend": "▁" }, "pre_tokenizer": { "type": "Metaspace" },
              "model": { "type": "Unigram", "unk_id": 0, "vocab": [["u", 0], ["a", -1]] } }
            """;
        Assert.Contains("\"kind\": \"unigram\"", Build(Unigram, "").Tokenizer!.Definition);
        var diagnostic = Assert.Single(Build(Unigram.Replace(from, to), "").Diagnostics);
        Assert.Equal("PRUNE0305", diagnostic.Id);
        Assert.True(diagnostic.Line > 0);
    }

    private static TextManifest Text(string more, params string[] inputs) => Build(WordPiece, more, inputs).Manifest!.Text!;

    private static ManifestResult Build(string tokenizer, string more, params string[] inputs)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer.json"), tokenizer);
        string file = Path.Combine(folder.Path, "m.prune.yaml");
        SpecReadResult spec = PruneSpecReader.Read($"version: 1\ntask: text-embedding\ntext: {{ tokenizer: tokenizer.json{more} }}\n", file);
        Assert.Empty(spec.Diagnostics);
        AxisSignature[] axes = [new(null, "batch"), new(null, "length")];
        return ManifestBuilder.Build(spec.Spec!, new ModelSignature
        {
            IrVersion = 8,
            Producer = "",
            ProducerVersion = "",
            Opsets = [],
            ExternalFiles = [],
            Inputs = [.. (inputs.Length > 0 ? inputs : ["input_ids"]).Select(name => new TensorSignature(name, ElementType.Int64, axes))],
            Outputs = [new TensorSignature("y", ElementType.Float32, [new(null, "batch"), new(null, "length"), new(4, null)])],
        });
    }
}
