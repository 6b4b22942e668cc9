using System.Xml.Linq;
using PruneTasks.BuildTesting;

namespace PruneTasks.Architecture.Tests;

/// <summary>The layout of the repository, and facts that stand in two places.</summary>
public sealed class RepositoryTests
{
    private static readonly string[] TopLevel =
    [
        "src", "tests", "build", "samples", "docs", ".ci",
        "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "PruneTasks.sln", "global.json", "nuget.config",
        "README.md", "CHANGELOG.md", "LICENSE", ".editorconfig", ".gitattributes", ".gitignore",
    ];

    // Not part of the repository: git's own, what builds and editors leave.
    private static readonly string[] Ignored = [".git", "bin", "obj", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts", ".vs", ".idea", ".vscode"];

    [Fact]
    public void Nothing_unexpected_lies_at_the_top_level()
    {
        IEnumerable<string> names = Directory.GetFileSystemEntries(Repository.Root).Select(path => Path.GetFileName(path)!);

        Assert.Empty(names.Except(TopLevel).Except(Ignored));
    }

    [Theory]
    [InlineData("_PruneTasksLibTorchVersion", "LibTorchVersion")]
    [InlineData("_PruneTasksOnnxRuntimeVersion", "OnnxRuntimeVersion")]
    public void The_package_asks_for_the_natives_that_the_worker_is_built_against(string shipped, string central)
    {
        Assert.Equal(Property("Directory.Packages.props", central), Property("build/PruneTasks.targets", shipped));
    }

    [Fact]
    public void Templates_name_the_versions_that_the_repository_has()
    {
        string folder = Path.Combine(Repository.Root, "src", "PruneTasks.Templates", "content", "prune-vision");
        string template = File.ReadAllText(Path.Combine(folder, ".template.config", "template.json"));

        Assert.Contains($"\"defaultValue\": \"{Property("Directory.Build.props", "PruneTasksVersion")}\"", template, StringComparison.Ordinal);
        foreach (XElement reference in XDocument.Load(Path.Combine(folder, "PruneVision.csproj")).Descendants("PackageReference").Where(r => (string?)r.Attribute("Include") != "PruneTasks"))
        {
            string central = (string)XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
                .Single(version => (string?)version.Attribute("Include") == (string?)reference.Attribute("Include")).Attribute("Version")!;
            Assert.Equal(central, (string?)reference.Attribute("Version"));
        }
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "PruneTasks.sln"));
        string[] missing = [.. new[] { "src", "tests" }
            .SelectMany(group => Directory.GetFiles(Path.Combine(Repository.Root, group), "*.csproj", SearchOption.AllDirectories))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}content{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => !solution.Contains(Path.GetFileName(file), StringComparison.Ordinal))];

        Assert.Empty(missing);
    }

    private static string Property(string file, string name) =>
        XDocument.Load(Path.Combine(Repository.Root, file)).Descendants(name).Single().Value;
}
