using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
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

    // No shim is in the package: the SDK makes that of its platform when the tool is installed, and it starts 'dotnet' with the entry point. So what must hold on every platform can be read
    // from the package: settings and entry point where the SDK looks, no program or path of one platform, and the private library of Linux only beside the portable assemblies.
    [Fact]
    public void The_tool_is_the_same_package_for_every_platform()
    {
        using ZipArchive package = ZipFile.OpenRead(tools.ToolPackage);
        string[] names = [.. package.Entries.Select(entry => entry.FullName)];

        const string folder = "tools/net8.0/any/";
        using Stream settings = package.GetEntry(folder + "DotnetToolSettings.xml")!.Open();
        XElement command = XDocument.Load(settings).Descendants("Command").Single();
        Assert.Equal(("prunetasks", "PruneTasks.Worker.dll", "dotnet"), ((string?)command.Attribute("Name"), (string?)command.Attribute("EntryPoint"), (string?)command.Attribute("Runner")));
        Assert.All((string[])["PruneTasks.Worker.dll", "PruneTasks.Worker.runtimeconfig.json", "PruneTasks.Natives.proj", "TorchSharp.dll", "Microsoft.ML.OnnxRuntime.dll"], file => Assert.Contains(folder + file, names));
        Assert.DoesNotContain(names, name => name.EndsWith(".deps.json", StringComparison.Ordinal) || name.EndsWith(".exe", StringComparison.Ordinal));
        // Case matters on Linux only; two names that differ in nothing else would be one file elsewhere.
        Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        // Each platform on which libtorch is offered has its own copy of TorchSharp's bridge.
        string[] natives = [.. names.Where(name => name.Contains("LibTorchSharp", StringComparison.Ordinal))];
        Assert.Contains(natives, name => name.EndsWith("libLibTorchSharp.so", StringComparison.Ordinal));
        Assert.Contains(natives, name => name.EndsWith("libLibTorchSharp.dylib", StringComparison.Ordinal));
        Assert.Contains(natives, name => name.EndsWith("LibTorchSharp.dll", StringComparison.Ordinal));
        using Stream nuspec = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        Assert.Equal("DotnetTool", (string?)XDocument.Load(nuspec).Descendants().Single(element => element.Name.LocalName == "packageType").Attribute("name"));
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

        // Not the cache of whoever runs the tests: the model would be pruned only once.
        (await DotNet.Run(folder["my-app"], ["build", "-tl:off", "-p:PruneTasksCachePath=" + folder["cache"]])).Succeeded();

        DotNetRun run = (await DotNet.Run(folder["my-app"], ["run", "--no-build", "--", "data/personal/0.png", "data/personal/9.png"])).Succeeded();
        Assert.Matches(@"^data/personal/0\.png: \d+ [\d.]+ ?%\s+data/personal/9\.png: \d+ [\d.]+ ?%\s*$", run.Output);
        DotNetRun explained = (await tools.Tool(folder["my-app"], "explain", "block 1")).Succeeded();
        Assert.NotEmpty(explained.LinesWith(" kept"));
    }
}
