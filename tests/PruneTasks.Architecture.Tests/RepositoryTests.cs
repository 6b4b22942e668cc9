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
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "PruneTasks.sln"));
        string[] missing = [.. new[] { "src", "tests" }
            .SelectMany(group => Directory.GetFiles(Path.Combine(Repository.Root, group), "*.csproj", SearchOption.AllDirectories))
            .Where(file => !solution.Contains(Path.GetFileName(file), StringComparison.Ordinal))];

        Assert.Empty(missing);
    }

    private static string Property(string file, string name) =>
        XDocument.Load(Path.Combine(Repository.Root, file)).Descendants(name).Single().Value;
}
