using PruneTasks.Generator.Tests.Harness;
using static PruneTasks.Generator.Tests.Harness.TextApp;

namespace PruneTasks.Generator.Tests;

/// <summary>Tokenizers in generated classes: what they give, and what compiles.</summary>
public sealed class TextTokenizerTests
{
    [Fact]
    public void Pieces_of_characters_need_no_library()
    {
        ManifestText manifest = new ManifestText("Sentiment", "sentiment").With("task", "text-classification").Labels("bad", "good")
            .Input("input_ids", "int64", "batch", 15).Output("logits", "float32", "batch", 2)
            .With("text", Node($$"""{ "tokens": "input_ids", "mask": null, "output": "logits", "maxLength": 15, "pooling": "none", "normalize": false, "width": 2, "tokenizer": "unigram", {{Settings}} }"""));
        byte[] definition = """
            { "version": 2, "kind": "unigram", "start": [7], "end": [8], "unknown": 0, "splits": [["marks", "always", "split"]],
              "tokens": ["u", "▁", "a", "b", "▁ab"], "scores": [0, -1, -2, -2, -3] }
            """u8.ToArray();
        Type app = Load(manifest, "text-encoder-toy-102k/text_encoder_toy_op17.onnx", """
            public static int[] Encode(string text)
            {
                using var model = new App.Sentiment();
                return model.Tokenizer.Encode(text);
            }
            public static bool Same(string text, int[] ids)
            {
                using var model = new App.Sentiment();
                return model.Classify(text) == model.Classify(ids);
            }
            """, ("PruneTasks.sentiment.tokenizer.json", definition));
        Assert.Equal([7, 4, 1, 3, 0, 8], Call<int[]>(app, "Encode", "ab bz"));
        Assert.True(Call<bool>(app, "Same", "ab bz", new[] { 7, 4, 1, 3, 0, 8 }));
    }

    [Fact]
    public void Classes_with_tokenizer_compile_and_those_with_abstractions_too()
    {
        const string Chat = """{ "system": "{0}\n", "user": "U: {0}\n", "assistant": "A: {0}\n", "reply": "A: " }""";
        ManifestText Manifest(string task, string chat = "null") => new ManifestText("Model", "model").With("task", task)
            .Input("ids", "int32", "b", "s").Input("mask", "float32", "b", "s").Output("y", "float16", "b", 7)
            .With("text", Node($$"""{ "tokens": "ids", "mask": "mask", "output": "y", "maxLength": 9, "pooling": "none", "normalize": true, "width": 7, "tokenizer": "pairs", {{Settings.Replace("\"chat\": null", "\"chat\": " + chat)}} }"""));
        string[] libraries = ["Microsoft.Extensions.AI.Abstractions"];
        foreach ((string task, string chat, string use) in new[]
        {
            ("text-classification", "null", "new App.Model().Classify(\"text\")"),
            ("text-embedding", "null", "(Microsoft.Extensions.AI.IEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>>)new App.Model()"),
            ("causal-lm", Chat, "new App.Model().AsChatClient()"),
        })
        {
            string user = $"public static class Use {{ public static object? Of() => {use}; }}";
            new GeneratorHost([new("m.json", Manifest(task, chat).ToString())], user, libraries: libraries).AssertClean();
            GeneratorHost without = new([new("m.json", Manifest(task, chat).ToString())]);
            Assert.Empty(without.Reported);
            Assert.DoesNotContain("Microsoft.Extensions.AI", without.Source);
        }
        GeneratorHost refused = new([new("m.json", Manifest("text-embedding").With("text", Node("""{ "refusal": "it is a test" }""")).ToString())]);
        Assert.Equal("PRUNE0213", Assert.Single(refused.Reported));
    }

    /// <summary>The ids are those of the tokenizers library (huggingface/tokenizers, by Tokenizers.DotNet 1.4.1) for the same vocabulary.</summary>
    [Fact]
    public void Tokenizer_gives_the_ids_of_the_library_that_defines_it()
    {
        (string Text, int[] Ids)[] recorded =
        [
            ("turn on the light in the kitchen", [2, 231, 172, 220, 141, 132, 220, 137, 3]),
            ("\u4E2D\u6587 text", [2, 1, 1, 29, 40, 59, 55, 3]),
            ("don't stop, it's", [2, 102, 49, 9, 29, 213, 5, 134, 9, 28, 3]),
            ("line\n\nbreak\ttab", [2, 21, 44, 49, 40, 11, 53, 40, 36, 46, 29, 36, 37, 3]),
            ("emoji \uD83D\uDE00\uD83D\uDC4D\uD83C\uDFFD end", [2, 14, 48, 50, 45, 44, 1, 14, 49, 39, 3]),
            ("<|end|>", [2, 1, 1, 14, 49, 39, 1, 1, 3]),
            ("[CLS] x [SEP]", [2, 2, 33, 3, 3]),
            ("zero\u200Bwidth", [2, 35, 40, 53, 50, 58, 44, 39, 55, 43, 3]),
            ("", [2, 3]),
        ];
        string[] tokens = File.ReadAllLines(Path.Combine(SharedModels.ProjectFolder, "..", "..", "samples", "TextIntent", "vocab.txt"));
        string definition = $$"""
            { "version": 2, "kind": "wordpiece", "start": [2], "end": [3], "unknown": 1, "prefix": "##",
              "steps": [["clean"], ["chinese"], ["form", "D"], ["stripAccents"], ["lowercase"]],
              "splits": [["pattern", "\\s+", "removed"], ["pattern", "[!-/:-@\\[-`{-~\\p{P}]", "isolated"]],
              "added": [{ "text": "[PAD]", "id": 0 }, { "text": "[UNK]", "id": 1 }, { "text": "[CLS]", "id": 2 }, { "text": "[SEP]", "id": 3 }, { "text": "[MASK]", "id": 4 }], "tokens": {{System.Text.Json.JsonSerializer.Serialize(tokens)}} }
            """;
        ManifestText manifest = new ManifestText("Sentiment", "sentiment").With("task", "text-classification")
            .Input("input_ids", "int64", "batch", 15).Output("logits", "float32", "batch", 2)
            .With("text", Node($$"""{ "tokens": "input_ids", "mask": null, "output": "logits", "maxLength": 15, "pooling": "none", "normalize": false, "width": 2, "tokenizer": "wordpiece", {{Settings}} }"""));
        Type app = new GeneratorHost([new("m.json", manifest.ToString())], """
            public static class Entry
            {
                public static int[] Encode(string text)
                {
                    using var model = new App.Sentiment();
                    return model.Tokenizer.Encode(text);
                }
            }
            """).Load(
            "PruneTasks.sentiment.onnx",
            File.ReadAllBytes(SharedModels.Require("text-encoder-toy-102k/text_encoder_toy_op17.onnx")),
            ("PruneTasks.sentiment.tokenizer.json", System.Text.Encoding.UTF8.GetBytes(definition))).GetType("Entry")!;
        foreach ((string text, int[] ids) in recorded)
            Assert.Equal(ids, Call<int[]>(app, "Encode", text));

        // Accents need ICU's data; tests run without it.
        if ("\u00E9".Normalize(System.Text.NormalizationForm.FormD).Length == 1)
            Assert.Throws<NotSupportedException>(() => Call<int[]>(app, "Encode", "Caf\u00E9"));
        else
            Assert.Equal([2, 12, 36, 41, 40, 3], Call<int[]>(app, "Encode", "Caf\u00E9"));
    }
}
