using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using PruneTasks.BuildTesting;
using PruneTasks.CodeFixes.Tests.Harness;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.CodeFixes.Tests;

/// <summary>What is promised about the analyzers as a whole: rows, releases, fixes, and what the compiler may load.</summary>
public sealed partial class ReleaseTests
{
    private static readonly DiagnosticDescriptor[] Rules = [.. Verify.Analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics)];

    [Fact]
    public void Every_row_of_the_block_has_an_analyzer_and_a_fix()
    {
        string[] rows = [.. PruneDiagnostics.All.Select(row => row.Id).Where(id => id.StartsWith("PRUNE05", StringComparison.Ordinal))];
        Assert.Equal(7, rows.Length);
        Assert.Equal(rows, Rules.Select(rule => rule.Id).Order());
        Assert.Equal(rows, Verify.Fixes.SelectMany(fix => fix.FixableDiagnosticIds).Order());
        Assert.All(Verify.Fixes, fix => Assert.NotEmpty(fix.GetType().GetCustomAttributes(typeof(ExportCodeFixProviderAttribute), false)));
        Assert.All(Verify.Fixes, fix => Assert.NotNull(fix.GetFixAllProvider()));
    }

    /// <summary>
    /// The format is that of the compiler's release tracking. Its own analyzer (RS2000) reads constants only, and ours come from the table.
    /// </summary>
    [Fact]
    public void Every_rule_stands_in_a_release_file()
    {
        string folder = Path.Combine(Repository.Root, "src", "PruneTasks.Generator");
        string text = File.ReadAllText(Path.Combine(folder, "AnalyzerReleases.Shipped.md")) + File.ReadAllText(Path.Combine(folder, "AnalyzerReleases.Unshipped.md"));
        IEnumerable<string> released = ReleaseRow().Matches(text).Select(row => row.Value.TrimEnd());
        IEnumerable<string> wanted = Rules.OrderBy(rule => rule.Id).Select(rule => $"{rule.Id} | {rule.Category} | {rule.DefaultSeverity} | [{rule.Title}]({rule.HelpLinkUri})");
        Assert.Equal(wanted, released);
    }

    [Fact]
    public void What_the_compiler_loads_needs_no_workspaces()
    {
        Assert.DoesNotContain(Verify.Analyzers[0].GetType().Assembly.GetReferencedAssemblies(), name => name.Name!.Contains("Workspaces", StringComparison.Ordinal));
        Assert.Contains(Verify.Fixes[0].GetType().Assembly.GetReferencedAssemblies(), name => name.Name!.Contains("Workspaces", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"(?m)^PRUNE\d{4} \|.*$")]
    private static partial Regex ReleaseRow();
}
