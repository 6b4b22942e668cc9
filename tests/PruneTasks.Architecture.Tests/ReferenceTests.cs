using System.Xml.Linq;
using PruneTasks.BuildTesting;

namespace PruneTasks.Architecture.Tests;

/// <summary>The direction of references, read from the project files.</summary>
public sealed class ReferenceTests
{
    /// <summary>What each project may reference: projects of the repository, then packages that end up in its output.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> Allowed = new()
    {
        ["PruneTasks.Spec"] = ([], ["YamlDotNet"]),
        ["PruneTasks.Onnx"] = (["PruneTasks.Spec"], []),
        ["PruneTasks.Pruning"] = (["PruneTasks.Onnx"], []),
        ["PruneTasks.Torch"] = (["PruneTasks.Pruning"], ["TorchSharp", "SkiaSharp", "SharpZipLib"]),
        ["PruneTasks.Worker"] = (["PruneTasks.Torch"], ["Microsoft.ML.OnnxRuntime.Managed", "StbImageSharp", "System.CommandLine", "SkiaSharp", "SharpZipLib"]),
        ["PruneTasks.Tasks"] = (["PruneTasks.Spec"], ["Microsoft.Build.Utilities.Core"]),
        ["PruneTasks.Generator"] = ([], ["Microsoft.CodeAnalysis.CSharp"]),
        ["PruneTasks.CodeFixes"] = ([], ["Microsoft.CodeAnalysis.CSharp.Workspaces"]),
        ["PruneTasks.Runtime"] = ([], ["Microsoft.ML.OnnxRuntime"]),
    };

    /// <summary>Projects without code, that pack what others build; tests/PruneTasks.EndToEnd.Tests tries the packages.</summary>
    private static readonly string[] Packing = ["PruneTasks", "PruneTasks.Tool", "PruneTasks.Templates"];

    // Analyzers and source-only packages: nothing of them is in an output.
    private static readonly string[] CompileTimeOnly = ["PolySharp", "Microsoft.CodeAnalysis.Analyzers", "Grpc.Tools"];

    [Fact]
    public void Every_source_project_has_a_row()
    {
        string[] projects = [.. Projects().Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => !Packing.Contains(name))];

        Assert.Equal(Allowed.Keys.Order(), projects.Order());
    }

    [Fact]
    public void Projects_reference_only_what_their_row_allows()
    {
        var wrong = new List<string>();
        foreach (string file in Projects().Where(file => !Packing.Contains(Path.GetFileNameWithoutExtension(file))))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            XDocument project = XDocument.Load(file);
            (string[] projects, string[] packages) = Allowed[name];
            foreach (string reference in Includes(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))))
            {
                if (!projects.Contains(reference))
                    wrong.Add($"{name} -> {reference}");
            }

            foreach (string package in Includes(project, "PackageReference").Except(CompileTimeOnly))
            {
                if (!packages.Contains(package))
                    wrong.Add($"{name} -> package {package}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_source_project_but_the_packing_ones_has_tests()
    {
        string[] tests = [.. Directory.GetDirectories(Path.Combine(Repository.Root, "tests")).Select(folder => Path.GetFileName(folder)!)];

        Assert.Equal([], Allowed.Keys.Where(name => !tests.Contains(name + ".Tests")));
    }

    // What a host of .NET SDK 8.0.100 or Visual Studio 17.8 brings: a newer reference would not load there (CS9057 for the generator).
    [Fact]
    public void Tasks_and_generator_ask_for_no_newer_host_than_the_oldest_that_is_supported()
    {
        Dictionary<string, Version> versions = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Where(element => Version.TryParse((string?)element.Attribute("Version"), out _))
            .ToDictionary(element => (string)element.Attribute("Include")!, element => Version.Parse((string)element.Attribute("Version")!));

        Assert.True(versions["Microsoft.Build.Utilities.Core"] < new Version(17, 8));
        Assert.True(versions["Microsoft.CodeAnalysis.CSharp"] <= new Version(4, 8, 0));
        foreach (string project in (string[])["PruneTasks.Tasks", "PruneTasks.Generator"])
        {
            string file = Path.Combine(Repository.Root, "src", project, project + ".csproj");
            Assert.Equal("netstandard2.0", XDocument.Load(file).Descendants("TargetFramework").Single().Value);
        }
    }

    // One folder each; what lies deeper is text of a template.
    private static IEnumerable<string> Projects() =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "src")).SelectMany(folder => Directory.GetFiles(folder, "*.csproj"));

    private static IEnumerable<string> Includes(XDocument project, string item) =>
        project.Descendants(item).Select(element => (string?)element.Attribute("Include")).OfType<string>().SelectMany(include => include.Split(';'));
}
