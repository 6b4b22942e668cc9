using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneTasks.Compiling.Tests.Snippets;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.Compiling.Tests;

/// <summary>Generated code compiles without a warning: frameworks, language versions, namespaces, and names that others have chosen. No implicit usings.</summary>
public sealed class CompileMatrixTests
{
    private static readonly LanguageVersion[] Languages = [LanguageVersion.CSharp12, LanguageVersion.CSharp13, LanguageVersion.CSharp14, LanguageVersion.Latest, LanguageVersion.Preview];

    public static TheoryData<string> Models => new(Manifests().Keys);

    [Theory]
    [MemberData(nameof(Models))]
    public void Compiles_for_net10_in_every_language(string model) => Compiles(Manifests()[model], Frameworks.Net10);

    [Theory]
    [MemberData(nameof(Models))]
    public void Compiles_for_net8_in_every_language(string model)
    {
        Assert.SkipWhen(Frameworks.Net8 is null, "not run: the reference assemblies of net8.0 are not in the folder of packages");
        Compiles(Manifests()[model], Frameworks.Net8!.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("My-App.1st.class")]
    [InlineData("System.Linq")]
    [InlineData("App.PruneTasks.Runtime")]
    [InlineData("Microsoft.ML")]
    [InlineData("global")]
    public void Compiles_in_any_root_namespace(string? rootNamespace) =>
        Compiles(ManifestText.Vit(), Frameworks.Net10, rootNamespace, [LanguageVersion.CSharp12, LanguageVersion.Latest]);

    [Theory]
    [InlineData("event")]
    [InlineData("record")]
    [InlineData("field")]      // a keyword inside properties since C# 14
    [InlineData("extension")]  // a keyword for members since C# 14
    [InlineData("scoped")]
    [InlineData("required")]
    [InlineData("lower")]
    [InlineData("Größe画")]
    [InlineData("String")]
    [InlineData("Task")]
    [InlineData("_")]
    public void Compiles_under_any_class_name(string className) =>
        Compiles(ManifestText.Vit().With("class", className), Frameworks.Net10, "App", [LanguageVersion.CSharp12, LanguageVersion.Latest]);

    /// <summary>One model of each kind with what is odd in its kind.</summary>
    private static Dictionary<string, ManifestText> Manifests()
    {
        string[] types = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"];
        ManifestText every = new("Every", "every");
        foreach (string type in types)
        {
            every.Input(type, type).Input(type + "_v", type, "n").Input(type + "_m", type, "n", "n").Input(type + "_u", type, null);
            every.Output(type, type).Output(type + "_v", type, "n").Output(type + "_u", type, null);
        }
        string[] labels = ["7", "+", "\"quoted\" \\ back", "line\r\nbreak\u2028", "class", "Crane", "crane", "画像 😀", "</summary>", "\u200b", "field", "{0}", "$\"\"\""];
        ManifestText names = new("Names", "names");
        foreach (string name in new[] { "class", "field", "extension", "scoped", "x.1", "x:0", "1", "", "</summary>", "\"quoted\"\\", "line\nbreak", "Run", "Names", "NamesOutput", "dispose", "cancellationToken", "value", "\ud800" })
            names.Input(name, "float32", name, 3).Output(name, "float16", name, "</summary>", null);
        return new()
        {
            ["image classifier"] = ManifestText.Vit(),
            ["odd labels"] = new ManifestText("Odd", "odd").Input("x", "float16", 1, 8, 8, 3).Output("y", "float64", 1, labels.Length).Labels(labels).Image(8, 8, layout: "nhwc"),
            ["many labels"] = new ManifestText("Many", "many").Input("x", "uint8", 1, 8, 8, 3).Output("y", "float32", 1, 5000)
                .Labels([.. Enumerable.Range(0, 5000).Select(i => $"class {i % 700}")]).Image(8, 8, layout: "nhwc"),
            ["every type"] = every,
            ["odd names"] = names,
            ["strings"] = new ManifestText("Texts", "texts").Input("prompt", "string", "batch").Input("flags", "bool", "batch", 4).Output("text", "string", "batch").Output("one", "string"),
            ["text classifier"] = SnippetModels.Texts(new ManifestText("Intents", "intents").Input("input_ids", "int32", "b", 128).Output("logits", "float16", "b", 2).Labels("a", "b"), "text-classification", 2),
            ["text embedding"] = SnippetModels.Texts(new ManifestText("MiniLm", "minilm").Input("input_ids", "int64", "b", "s").Output("logits", "float32", "b", 384), "text-embedding", 384),
            ["language model"] = SnippetModels.Texts(new ManifestText("Stories", "stories").Input("input_ids", "int64", "b", "s").Output("logits", "float32", "b", "s", 512), "causal-lm", 512),
            ["no input"] = new ManifestText("Constant", "constant").Output("y", "float32", 1),
            ["public"] = ManifestText.Vit().With("public", true),
        };
    }

    private static void Compiles(ManifestText manifest, ImmutableArray<MetadataReference> references, string? rootNamespace = "App", LanguageVersion[]? languages = null)
    {
        foreach (LanguageVersion language in languages ?? Languages)
        {
            GeneratorHost host = new([new ManifestFile("m.json", manifest.ToString())], rootNamespace: rootNamespace, language: language);
            Assert.Null(host.Result.Exception);
            Assert.Empty(host.Result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Select(diagnostic => diagnostic.ToString()));
            // The driver's compilation has the framework of the tests; its text is compiled again against the one asked for.
            CSharpCompilation app = CSharpCompilation.Create(
                "App",
                host.Result.GeneratedSources.Select(source => CSharpSyntaxTree.ParseText(source.SourceText, new CSharpParseOptions(language, DocumentationMode.Diagnose), source.HintName)),
                references,
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable,
                    generalDiagnosticOption: ReportDiagnostic.Error, warningLevel: 9999));
            Assert.Empty(app.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Select(diagnostic => $"{language}: {diagnostic}"));
        }
    }
}
