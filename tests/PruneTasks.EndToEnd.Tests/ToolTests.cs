using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PruneTasks.BuildTesting;
using PruneTasks.Spec;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>The tool and the templates as installed, up to an app that was made with them and prunes in its build.</summary>
public sealed class ToolTests(PackedTools tools, PackedPackage package) : IClassFixture<PackedTools>
{
    private static readonly string Sample = Path.Combine(Repository.Root, "samples", "PersonalVision");

    [Fact]
    public async Task The_tool_inspects_drafts_and_ends_with_documented_codes()
    {
        using var folder = new TemporaryFolder("a folder");
        File.Copy(Path.Combine(Sample, "glyphs.onnx"), folder["glyphs.onnx"]);

        DotNetRun inspect = (await tools.Tool(folder.Path, "inspect", "glyphs.onnx", "--json")).Succeeded();
        Assert.NotEmpty(JsonNode.Parse(inspect.Output)!["units"]!.AsArray());
        (await tools.Tool(folder.Path, "new-spec", "glyphs.onnx")).Succeeded();
        Assert.Empty(PruneSpecReader.Read(folder["glyphs.prune.yaml"]).Diagnostics);
        Assert.Equal(2, (await tools.Tool(folder.Path, "new-spec", "glyphs.onnx")).ExitCode);
        Assert.Equal(2, (await tools.Tool(folder.Path, "explain", "anything")).ExitCode);
        DotNetRun noData = await tools.Tool(folder.Path, "prune", "--spec", "glyphs.prune.yaml", "--output", "out");
        Assert.Equal(1, noData.ExitCode);
        Assert.NotEmpty(noData.LinesWith("error PRUNE0020"));
    }

    [Theory]
    [InlineData("generic")]
    [InlineData("image-classification")]
    [InlineData("text-classification")]
    [InlineData("text-embedding")]
    [InlineData("causal-lm")]
    public async Task The_item_template_gives_a_spec_that_is_valid(string task)
    {
        using var folder = new TemporaryFolder("item");
        (await tools.New(folder.Path, "prunespec", "-n", "my model", "--task", task, "--macs", "0.3")).Succeeded();

        string text = File.ReadAllText(folder["my model.prune.yaml"]);
        Assert.DoesNotMatch("(?m)^#(if|else|endif)", text);
        SpecReadResult read = PruneSpecReader.Read(text, folder["my model.prune.yaml"]);
        Assert.Empty(read.Diagnostics);
        Assert.Equal((task, "my model.onnx", 0.3), (read.Spec!.Task.ToWord(), read.Spec.Model.Written, read.Spec.Prune.Budget!.Macs));
        string all = Regex.Replace(text, "(?m)^( *)# ([a-z]+: [^ ].*)$", "$1$2");
        Assert.Empty(PruneSpecReader.Read(all, "all.prune.yaml").Diagnostics);
    }

    [Fact]
    public async Task An_app_from_the_project_template_prunes_the_model_that_it_is_given()
    {
        using var folder = new TemporaryFolder("template");
        (await tools.New(folder.Path, "prune-vision", "-n", "my-app", "--model", "glyphs.onnx", "--prunetasks-version", package.Version)).Succeeded();
        Assert.Empty(PruneSpecReader.Read(folder["my-app", "classifier.prune.yaml"]).Diagnostics);
        folder.Write("nuget.config", TestApp.Configuration(package));
        File.Copy(Path.Combine(Sample, "glyphs.onnx"), folder["my-app", "glyphs.onnx"]);
        (await tools.Tool(folder["my-app"], "new-spec", "glyphs.onnx", "--output", "classifier.prune.yaml", "--force")).Succeeded();
        Directory.CreateDirectory(folder["my-app", "data", "personal"]);
        string[] images = Directory.GetFiles(Path.Combine(Sample, "data", "personal"), "*.png", SearchOption.AllDirectories);
        foreach ((int i, string image) in images.Order(StringComparer.Ordinal).Take(64).Index()) File.Copy(image, folder["my-app", "data", "personal", $"{i}.png"]);

        (await DotNet.Run(folder["my-app"], ["build", "-tl:off"])).Succeeded();

        DotNetRun run = (await DotNet.Run(folder["my-app"], ["run", "--no-build", "--", "data/personal/0.png", "data/personal/9.png"])).Succeeded();
        Assert.Matches(@"^data/personal/0\.png: \d+ [\d.]+ ?%\s+data/personal/9\.png: \d+ [\d.]+ ?%\s*$", run.Output);
        DotNetRun explained = (await tools.Tool(folder["my-app"], "explain", "block 1")).Succeeded();
        Assert.NotEmpty(explained.LinesWith(" kept"));
    }
}
