using Microsoft.CodeAnalysis;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.Compiling.Tests.Snippets;

/// <summary>The models whose classes snippets may use, and the variables that they need not declare.</summary>
internal static class SnippetModels
{
    /// <summary>The RootNamespace of the app in README.md.</summary>
    public const string Namespace = "MyApp";

    /// <summary>Name to declaration. A page that needs another one adds a row.</summary>
    public static readonly Dictionary<string, string> Variables = new(StringComparer.Ordinal)
    {
        ["vit"] = "using Vit vit = new();",
        ["rgb"] = "byte[] rgb = new byte[32 * 32 * 3];",
        ["pixels"] = "byte[] pixels = new byte[32 * 32];",
        ["request"] = "using VitRequest request = vit.CreateRequest();",
        ["model"] = "using Sentiment model = new();",
        ["inputIds"] = "long[] inputIds = [1, 2, 3, 4];",
        ["attentionMask"] = "long[] attentionMask = [1, 1, 1, 1];",
        ["ids"] = "long[] ids = [1, 2];",
        ["cancellationToken"] = "CancellationToken cancellationToken = default;",
        ["best"] = "Prediction<VitLabel> best = vit.Classify(new PixelSpan(rgb, 32, 32, PixelFormat.Rgb24));",
    };

    /// <summary>Assemblies besides the framework's that snippets use.</summary>
    public static readonly MetadataReference[] References = [];

    /// <summary>The generated files of all models.</summary>
    public static IEnumerable<string> Sources() =>
        new GeneratorHost([.. Manifests().Select((manifest, i) => new ManifestFile($"m{i}.json", manifest.ToString()))], rootNamespace: Namespace)
            .AssertClean().Result.GeneratedSources.Select(source => source.SourceText.ToString());

    private static IEnumerable<ManifestText> Manifests()
    {
        yield return ManifestText.Vit();
        yield return new ManifestText("Glyphs", "glyphs").Input("image", "float32", "batch", 1, 32, 32).Output("logits", "float32", "batch", 2).Labels("0", "A").Image()
            .With("image", GrayImage());
        yield return new ManifestText("Sentiment", "sentiment").Input("input_ids", "int64", "batch", "sequence").Input("attention_mask", "int64", "batch", "sequence").Output("logits", "float32", "batch", 2);
        yield return Texts(new ManifestText("Intents", "intents").Input("input_ids", "int64", "batch", "sequence").Output("logits", "float32", "batch", 2).Labels("timer", "lights on"), "text-classification", 2);
        yield return Texts(new ManifestText("MiniLm", "minilm").Input("input_ids", "int64", "batch", "sequence").Output("logits", "float32", "batch", 384), "text-embedding", 384);
        yield return Texts(new ManifestText("Stories", "stories").Input("input_ids", "int64", "batch", "sequence").Output("logits", "float32", "batch", "sequence", 512), "causal-lm", 512);
    }

    /// <summary>A model with texts; the tokenizer is of the kind that needs no library.</summary>
    public static ManifestText Texts(ManifestText manifest, string task, int width) => manifest.With("task", task).With("text", System.Text.Json.Nodes.JsonNode.Parse($$"""
        {
          "tokens": "input_ids", "mask": null, "segments": null, "positions": null, "output": "logits", "maxLength": 128, "truncation": "right",
          "pooling": "none", "normalize": true, "width": {{width}}, "pad": 0, "stop": [], "states": [], "chat": null, "tokenizer": "llama2c", "tokenizerData": true
        }
        """));

    private static System.Text.Json.Nodes.JsonNode GrayImage()
    {
        System.Text.Json.Nodes.JsonNode image = System.Text.Json.Nodes.JsonNode.Parse(new ManifestText().Image(mean: [0], std: [1]).ToString())!["image"]!.DeepClone();
        image["color"] = "gray";
        return image;
    }
}
