using System.Text.RegularExpressions;
using System.Xml.Linq;
using PruneTasks.BuildTesting;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Tasks.Tests;

/// <summary>What the shipped targets say themselves must be what the table says.</summary>
public sealed partial class TargetsTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "build"), "*.targets").Select(file => Path.GetFileName(file)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Diagnostics_of_the_targets_have_the_words_and_the_link_of_the_table(string file)
    {
        foreach (XElement element in XDocument.Load(Path.Combine(Repository.Root, "build", file)).Descendants().Where(e => e.Attribute("Code") is not null))
        {
            PruneDiagnosticDescriptor? row = PruneDiagnostics.Find((string)element.Attribute("Code")!);

            Assert.NotNull(row);
            Assert.Equal(row.Severity.ToString(), element.Name.LocalName);
            int filled = 0;
            Assert.Equal(row.MessageFormat, Property.Replace((string)element.Attribute("Text")!, _ => $"{{{filled++}}}"));
            Assert.Equal(row.HelpLink, (string?)element.Attribute("HelpLink"));
        }
    }

    [Fact]
    public void Every_task_that_the_targets_use_exists()
    {
        IEnumerable<string> used = XDocument.Load(Path.Combine(Repository.Root, "build", "PruneTasks.targets")).Descendants("UsingTask")
            .Select(element => (string)element.Attribute("TaskName")!);

        Assert.Equal(
            typeof(DescribeModels).Assembly.GetExportedTypes().Select(type => type.FullName).Order(),
            used.Order());
    }

    /// <summary>What MSBuild fills in stands where the table has a number.</summary>
    [GeneratedRegex(@"\$\([^)]*\)")]
    private static partial Regex Property { get; }
}
