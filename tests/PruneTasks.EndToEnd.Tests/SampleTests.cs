using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>The samples for texts as they are in the repository, but with the packed package: built, pruned and run as an app's author would.</summary>
public sealed class SampleTests(PackedPackage package)
{
    private const string PackageLine = "<!-- An app outside this repository has one line more: <PackageReference Include=\"PruneTasks\" /> -->";

    private static readonly string Samples = Path.Combine(Repository.Root, "samples");

    [Fact]
    public async Task Intents_are_pruned_to_half_and_still_right()
    {
        (string[] lines, JsonElement result) = await BuildAndRun("TextIntent", "intents");

        Assert.StartsWith("\"wake me in ten minutes\": ", lines[1]);
        Assert.InRange(Share(result, "macs"), 0.4, 0.5);
        // The dense model makes no mistake on these; a few may be lost on another processor.
        Assert.InRange(Percents(lines, "right, this person's")[1], 97, 100);
        Assert.InRange(Percents(lines, "right, everyone's")[1], 90, 100);
    }

    [Fact]
    public async Task Stories_are_told_by_a_model_of_seven_tenths()
    {
        (string[] lines, JsonElement result) = await BuildAndRun("StoryTeller", "stories");

        Assert.StartsWith("One day Mia the little duck ", lines[0]);
        Assert.True(lines[0].Split(' ').Length > 20, lines[0]);
        Assert.InRange(Share(result, "macs"), 0.6, 0.7);
        // Perplexity grows by little; what it was is in the samples' page of the repository.
        Assert.InRange(Percents(lines, "perplexity, this child's")[^1], -5, 15);
    }

    private async Task<(string[] Lines, JsonElement Result)> BuildAndRun(string sample, string model)
    {
        using TestApp app = new(package, fakeWorker: false);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Samples, sample), "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(Samples, file);
            if (relative.Split(Path.DirectorySeparatorChar) is not [_, "bin" or "obj", ..])
                Copy(relative);
        }

        Copy(Path.Combine("PersonalVision", "Table.cs"));
        Copy(Path.Combine("PersonalVision", "PruneResult.cs"));
        string project = Path.Combine(sample, sample + ".csproj");
        string text = File.ReadAllText(app[project]);
        Assert.Contains(PackageLine, text, StringComparison.Ordinal);
        text = text.Replace(PackageLine, $"<ItemGroup><PackageReference Include=\"PruneTasks\" Version=\"{package.Version}\" /></ItemGroup>", StringComparison.Ordinal);
        app.Write(project, text);
        // What the repository's own file says of all projects, and a cache of the test's own.
        app.Write("Directory.Build.props", """
            <Project>
              <PropertyGroup>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <PruneTasksCachePath>$(MSBuildThisFileDirectory).cache</PruneTasksCachePath>
              </PropertyGroup>
            </Project>
            """);

        (await DotNet.Run(app[sample], ["build", "-tl:off", "-p:UseAppHost=false"])).Succeeded();
        DotNetRun run = (await DotNet.Run(app[sample], [$"bin/Debug/net10.0/{sample}.dll"])).Succeeded();
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(app[sample, "obj", "prunetasks", model, "result.json"]));
        return (run.Output.Split('\n'), result.RootElement.Clone());

        void Copy(string relative)
        {
            string target = app[relative];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(Samples, relative), target, overwrite: true);
        }
    }

    /// <summary>What remains of the multiply-accumulates or parameters.</summary>
    private static double Share(JsonElement result, string of) =>
        result.GetProperty("pruned").GetProperty(of).GetDouble() / result.GetProperty("dense").GetProperty(of).GetDouble();

    /// <summary>The percents of the table's row that begins so.</summary>
    private static double[] Percents(string[] lines, string row) =>
    [
        .. Regex.Matches(Assert.Single(lines, line => line.StartsWith(row, StringComparison.Ordinal)), "([-+]?[0-9]+\\.[0-9]+) %")
            .Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)),
    ];
}
