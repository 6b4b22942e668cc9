using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Generator.Tests.Harness;
using PruneTasks.Tests;

namespace PruneTasks.Generator.Tests;

/// <summary>Where the class is, who may see it, what registers it, what it says of its model.</summary>
public sealed class MannersTests
{
    private static readonly string[] Injection = ["Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.DependencyInjection.Abstractions"];

    [Fact]
    public void A_partial_class_with_the_attribute_gives_name_namespace_and_accessibility()
    {
        ManifestText manifest = Negation().With("namespace", "Elsewhere");
        GeneratorHost host = new([new ManifestFile("m.json", manifest.ToString())], """
            namespace Own.Place
            {
                [PruneTasks.PrunedModel("models/m.onnx")]
                public partial class Vision { public string Mine => "hand-written"; }
            }
            """);
        Assembly app = host.Load("PruneTasks.m.onnx", Model().ToBytes());
        Assert.Equal("Own.Place.Vision.g.cs", Assert.Single(host.Result.GeneratedSources).HintName);
        Assert.Equal(
            ["IVision", "Vision", "VisionAxes", "VisionOutput", "VisionRequest"],
            app.GetExportedTypes().Where(type => type.Namespace == "Own.Place").Select(type => type.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("[PruneTasks.PrunedModel(\"x\")] partial class A { }", "no model is called 'x'; the project has m")]
    [InlineData("class Outer { [PruneTasks.PrunedModel(\"m\")] partial class A { } }", "inside another type")]
    [InlineData("[PruneTasks.PrunedModel(\"m\")] partial class A<T> { }", "generic")]
    [InlineData("[PruneTasks.PrunedModel(\"m\")] partial class B { } [PruneTasks.PrunedModel(\"m.prune.yaml\")] partial class A { }", "stands for the model 'm' already")]
    public void An_attribute_that_fits_nothing_is_an_error_at_the_class(string code, string problem)
    {
        GeneratorHost host = new([new ManifestFile("m.json", Negation().ToString())], code);
        Diagnostic diagnostic = Assert.Single(host.Result.Diagnostics);
        Assert.Equal(("PRUNE0214", "User.cs"), (diagnostic.Id, diagnostic.Location.GetLineSpan().Path));
        Assert.Contains("class 'A'", diagnostic.GetMessage());
        Assert.Contains(problem, diagnostic.GetMessage());
        Assert.Single(host.Result.GeneratedSources);
    }

    [Fact]
    public void Everything_is_public_when_the_spec_says_so_and_internal_otherwise()
    {
        Assert.Equal(5, Exported(Negation().With("public", true)));
        Assert.Equal(0, Exported(Negation()));

        static int Exported(ManifestText manifest) => new GeneratorHost([new ManifestFile("m.json", manifest.ToString())])
            .Load("PruneTasks.m.onnx", Model().ToBytes()).GetExportedTypes().Count(type => type.Namespace == "App");
    }

    [Fact]
    public void A_service_collection_gives_one_model_for_class_and_interface_and_another_under_a_key()
    {
        const string Code = """
            using App;
            using Microsoft.Extensions.DependencyInjection;
            public static class Entry
            {
                public static object[] Run()
                {
                    using ServiceProvider services = new ServiceCollection()
                        .AddConst().AddKeyedConst("one", options => options.IntraOpThreads = 1).BuildServiceProvider();
                    App.IConst model = services.GetRequiredService<App.IConst>();
                    App.IConst one = services.GetRequiredKeyedService<App.IConst>("one");
                    using var output = model.Run(new float[] { 3 });
                    return new object[] { ReferenceEquals(model, services.GetRequiredService<App.Const>()), ReferenceEquals(model, one), output.Y.Span[0] };
                }
            }
            """;
        ManifestText manifest = Negation("Const");
        object[] result = Run(new GeneratorHost([new ManifestFile("m.json", manifest.ToString())], Code, libraries: Injection));
        Assert.Equal([true, false, -3f], result);
        Assert.DoesNotContain("DependencyInjection", new GeneratorHost([new ManifestFile("m.json", manifest.ToString())]).AssertClean().Source);
    }

    [Fact]
    public void The_card_says_what_the_spec_says_and_what_the_build_embedded()
    {
        ManifestText manifest = Negation().With("card", new JsonObject { ["name"] = "Minus <one>", ["version"] = "1.2", ["license"] = "MIT", ["description"] = "Turns signs & more." });
        const string Code = """
            public static class Entry
            {
                public static object[] Run()
                {
                    PruneTasks.ModelCard card = App.M.Card;
                    using var model = new App.M();
                    return new object[] { card.Name, card.License!, card.Author ?? "nobody", card.Pruning!.Pruned.Macs, card.Pruning.PrunedSha256, card.Pruning.Agreement!, ReferenceEquals(((PruneTasks.IPrunedModel)model).Card, card), model.ExecutionProvider };
                }
            }
            """;
        GeneratorHost host = new([new ManifestFile("m.json", manifest.ToString())], Code);
        const string Facts = """{ "prunedSha256": "ab", "dense": { "bytes": 4, "parameters": 3, "macs": 2 }, "pruned": { "bytes": 3, "parameters": 2, "macs": 1 }, "agreement": 0.5, "kl": null }""";
        object[] result = Run(host, ("PruneTasks.m.onnx.card.json", System.Text.Encoding.UTF8.GetBytes(Facts)));
        Assert.Equal(["Minus <one>", "MIT", "nobody", 1L, "ab", 0.5, true, "CPUExecutionProvider"], result);
        Assert.Contains("<summary>Minus &lt;one&gt;, 1.2, MIT, generic. Turns signs &amp; more. Embedded", host.Source);
    }

    [Fact]
    public void Thousands_of_labels_become_a_struct_with_their_texts()
    {
        string[] labels = [.. Enumerable.Range(0, 5000).Select(i => $"class {i % 4990}")];
        ManifestText manifest = new ManifestText("M", "m").Input("x", "float32", 1, 3, 2, 2).Output("y", "float32", 1, 5000).Labels(labels).Image(2, 2);
        const string Code = """
            public static class Entry
            {
                public static object[] Run() => new object[] { new App.MLabel(4991).ToText(), new App.MLabel(7).ToString(), new App.MLabel(-1).ToString(), App.M.LabelCount };
            }
            """;
        GeneratorHost host = new([new ManifestFile("m.json", manifest.ToString())], Code);
        Assert.Empty(host.Result.Diagnostics);
        Assert.Equal(["class 1", "class 7", "-1", 5000], Run(host));
    }

    [Fact]
    public void An_output_that_cannot_be_read_is_left_out_and_the_rest_is_there()
    {
        ManifestText manifest = Negation().Output("probabilities", "sequence", null);
        GeneratorHost host = new([new ManifestFile("m.json", manifest.ToString())]);
        Diagnostic diagnostic = Assert.Single(host.Result.Diagnostics);
        Assert.Equal(("PRUNE0215", DiagnosticSeverity.Warning), (diagnostic.Id, diagnostic.DefaultSeverity));
        Assert.DoesNotContain("probabilities", host.Source);
        Assert.Contains("TensorView<float> Y ", host.Source);
    }

    private static ManifestText Negation(string className = "M") => new ManifestText(className, "m").Input("x", "float32", "n").Output("y", "float32", "n");

    private static TinyOnnx Model() => new TinyOnnx().Input("x", TensorElementType.Float, "n").Node("Neg", "x", "y").Output("y", TensorElementType.Float, "n");

    private static object[] Run(GeneratorHost host, params (string Name, byte[] Bytes)[] more) =>
        (object[])host.Load("PruneTasks.m.onnx", Model().ToBytes(), more).GetType("Entry")!.GetMethod("Run")!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [], null)!;
}
