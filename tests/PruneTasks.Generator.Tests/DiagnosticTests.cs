using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.Generator.Tests;

public sealed class DiagnosticTests
{
    private static readonly ManifestFile Good = new("good.json", new ManifestText("Good", "good").Input("x", "float32", 3).Output("y", "float32", 3).ToString());

    [Theory]
    [InlineData("", "line 1", "expected a value")]
    [InlineData("{", "line 1", "member name")]
    [InlineData("[]", "line 1", "object")]
    [InlineData("{\"version\": 99}", "line 1", "version 99")]
    [InlineData("{\"version\": 1,\n  \"name\": 7}", "line 2", "\"name\" must be a string")]
    public void Text_that_is_no_manifest_is_an_error_at_its_place_and_others_go_on(string text, string line, string problem)
    {
        GeneratorHost host = new([new ManifestFile("bad.json", text), Good]);
        Diagnostic diagnostic = Assert.Single(host.Result.Diagnostics);
        Assert.Equal(("PRUNE0212", DiagnosticSeverity.Error), (diagnostic.Id, diagnostic.Severity));
        Assert.Contains(problem, diagnostic.GetMessage());
        Assert.Equal("bad.json", diagnostic.Location.GetLineSpan().Path);
        Assert.Equal(line, $"line {diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1}");
        Assert.EndsWith("docs/diagnostics/PRUNE0212.md", diagnostic.Descriptor.HelpLinkUri);
        Assert.Equal("App.Good.g.cs", Assert.Single(host.Result.GeneratedSources).HintName);
        Assert.Null(host.Result.Exception);
    }

    [Theory]
    [InlineData("class", "1st")]
    [InlineData("class", "a b")]
    [InlineData("class", "Run")]
    [InlineData("class", "")]
    [InlineData("shape", "-1")]
    [InlineData("shape", "4294967296")]
    [InlineData("shape", "true")]
    [InlineData("std", "[0]")]
    [InlineData("std", "[1, 1]")]
    [InlineData("mean", "\"x\"")]
    [InlineData("color", "\"cmyk\"")]
    [InlineData("width", "0")]
    [InlineData("width", "2000000000")]
    [InlineData("scale", "1e999")]
    public void Values_that_code_cannot_be_made_of_are_errors_not_exceptions(string member, string value)
    {
        string text = ManifestText.Vit().ToString();
        string broken = member switch
        {
            "class" => text.Replace("\"class\":\"Vit\"", $"\"class\":\"{value}\""),
            "shape" => text.Replace("[\"batch\",3,32,32]", $"[{value}]"),
            "mean" => text.Replace("\"mean\":[0,0,0]", $"\"mean\":{value}"),
            "std" => text.Replace("\"std\":[1,1,1]", $"\"std\":{value}"),
            "color" => text.Replace("\"color\":\"rgb\"", $"\"color\":{value}"),
            "width" => text.Replace("\"width\":32", $"\"width\":{value}"),
            _ => System.Text.RegularExpressions.Regex.Replace(text, "\"scale\":[^,]*", $"\"scale\":{value}"),
        };
        Assert.NotEqual(text, broken);
        GeneratorHost host = new([new ManifestFile("bad.json", broken)]);
        Assert.Equal(["PRUNE0212"], host.Reported);
        Assert.Empty(host.Result.GeneratedSources);
        Assert.Null(host.Result.Exception);
    }

    [Theory]
    [InlineData("int4")]
    [InlineData("map")]
    [InlineData("sequence")]
    public void Element_types_that_cannot_be_passed_refuse_that_model_alone(string type)
    {
        ManifestText manifest = new ManifestText().Input("x", type, 3).Output("z", type, 3);
        GeneratorHost host = new([new ManifestFile("bad.json", manifest.ToString()), Good]);
        Assert.Equal(["PRUNE0206", "PRUNE0206"], host.Reported);
        Assert.Contains($"input 'x' has elements of type '{type}'", host.Result.Diagnostics[0].GetMessage());
        Assert.Equal("App.Good.g.cs", Assert.Single(host.Result.GeneratedSources).HintName);
    }

    [Theory]
    [InlineData("Good", null)]
    [InlineData("good", null)]          // the same file name on some systems
    [InlineData("GoodOutput", null)]
    [InlineData("Good", "App")]
    public void Type_names_that_two_models_want_go_to_the_first_and_name_both(string className, string? @namespace)
    {
        ManifestText second = new ManifestText(className, "second").Input("x", "float32", 3).Output("y", "float32", 3).With("namespace", @namespace);
        GeneratorHost host = new([new ManifestFile("second.json", second.ToString()), Good]);
        Diagnostic diagnostic = Assert.Single(host.Result.Diagnostics);
        Assert.Equal("PRUNE0201", diagnostic.Id);
        Assert.Contains("'good' and 'second'", diagnostic.GetMessage());
        Assert.Equal("App.Good.g.cs", Assert.Single(host.Result.GeneratedSources).HintName);
    }

    [Fact]
    public void The_same_class_in_another_namespace_is_no_collision()
    {
        ManifestText second = new ManifestText("Good", "second").Input("x", "float32", 3).Output("y", "float32", 3).With("namespace", "App.Second");
        GeneratorHost host = new([new ManifestFile("second.json", second.ToString()), Good]);
        Assert.Equal(2, host.AssertClean().Result.GeneratedSources.Length);
    }

    [Fact]
    public void A_file_listed_twice_is_one_model() =>
        Assert.Single(new GeneratorHost([Good, Good]).AssertClean().Result.GeneratedSources);

    [Fact]
    public void Labels_against_a_fixed_class_axis_are_counted()
    {
        GeneratorHost host = new([new ManifestFile("m.json", ManifestText.Vit().Labels("a", "b").ToString())]);
        Diagnostic diagnostic = Assert.Single(host.Result.Diagnostics);
        Assert.Equal("PRUNE0203", diagnostic.Id);
        Assert.Contains("2 labels", diagnostic.GetMessage());
        Assert.Contains("10 entries", diagnostic.GetMessage());
    }

    [Fact]
    public void Labels_with_equal_names_are_said_to_carry_their_index()
    {
        string[] labels = ["crane", "b", "c", "d", "e", "f", "g", "h", "i", "Crane"];
        GeneratorHost host = new([new ManifestFile("m.json", ManifestText.Vit().Labels(labels).ToString())]);
        Diagnostic diagnostic = Assert.Single(host.AssertClean().Result.Diagnostics);
        Assert.Equal(("PRUNE0204", DiagnosticSeverity.Info), (diagnostic.Id, diagnostic.Severity));
        Assert.Contains("Crane9 = 9,", host.Source);
    }

    [Theory]
    [InlineData("two inputs")]
    [InlineData("other size")]
    [InlineData("other layout")]
    [InlineData("fixed batch")]
    [InlineData("integer scores")]
    public void A_model_that_cannot_classify_says_why_and_keeps_Run(string reason)
    {
        ManifestText manifest = reason switch
        {
            "two inputs" => ManifestText.Vit().Input("mask", "bool", "batch"),
            "other size" => ManifestText.Vit().Image(64, 32),
            "other layout" => ManifestText.Vit().Image(layout: "nhwc"),
            "fixed batch" => new ManifestText().Input("input", "float32", 8, 3, 32, 32).Output("logits", "float32", 8, 10).Image(),
            _ => new ManifestText().Input("input", "float32", "batch", 3, 32, 32).Output("ids", "int64", "batch").Image(),
        };
        GeneratorHost host = new([new ManifestFile("m.json", manifest.ToString())]);
        Diagnostic diagnostic = Assert.Single(host.Result.Diagnostics);
        Assert.Equal(("PRUNE0213", DiagnosticSeverity.Warning), (diagnostic.Id, diagnostic.DefaultSeverity));
        Assert.DoesNotContain("Classify", host.Source);
        Assert.Contains(" Run(", host.Source);
        Assert.Empty(host.Output.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void An_old_language_version_is_named_instead_of_a_list_of_syntax_errors()
    {
        GeneratorHost host = new([Good], language: LanguageVersion.CSharp10);
        Assert.Equal(["PRUNE0209"], host.Reported);
        Assert.Empty(host.Result.GeneratedSources);
    }

    [Fact]
    public void Additional_files_without_the_metadata_are_not_read()
    {
        GeneratorHost host = new([Good with { Path = "a.json", Model = null, Text = "{" }, Good with { Path = "b.json", Model = " ", Text = "{" }]);
        Assert.Empty(host.Result.Diagnostics);
        Assert.Empty(host.Result.GeneratedSources);
    }
}
