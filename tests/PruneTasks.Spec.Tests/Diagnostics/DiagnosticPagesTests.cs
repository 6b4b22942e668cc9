using System.Text.RegularExpressions;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Tests.Diagnostics;

public sealed class DiagnosticPagesTests
{
    private static readonly string Folder = Repository.At("docs", "diagnostics");

    public static TheoryData<string> Ids => new(PruneDiagnostics.All.Select(row => row.Id));

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_diagnostic_has_a_page_with_cause_example_fix_and_how_to_suppress_it(string id)
    {
        PruneDiagnosticDescriptor row = PruneDiagnostics.Find(id)!;
        string page = File.ReadAllText(Path.Combine(Folder, id + ".md")).ReplaceLineEndings("\n");
        Assert.StartsWith($"# {id}: {row.Title}\n\nSeverity: {row.Severity.ToWord()}\n", page);
        foreach (string section in new[] { "Cause", "Example", "Fix", "Suppress" })
            Assert.Matches($@"\n## {section}\n\n\S", page);
        // Only what can be suppressed has a line to copy, and it names the right id.
        if (row.Severity == PruneSeverity.Warning && id != PruneDiagnostics.Cancelled.Id) Assert.Contains($"<NoWarn>$(NoWarn);{id}</NoWarn>", page);
        if (row.Severity == PruneSeverity.Error) Assert.DoesNotContain("NoWarn", page);
        string message = Regex.Replace(Regex.Escape(row.MessageFormat), @"\\\{\d}", "(.+)").Replace("\\{\\{", "\\{").Replace("}}", "}");
        Assert.Matches($"\n[^\n]*: {row.Severity.ToWord()} {id}: {message}\n", page);
    }

    [Theory]
    [InlineData("PRUNE0001")]
    [InlineData("PRUNE0002")]
    [InlineData("PRUNE0003")]
    [InlineData("PRUNE0004")]
    [InlineData("PRUNE0009")]
    [InlineData("PRUNE0010")]
    [InlineData("PRUNE0011")]
    [InlineData("PRUNE0012")]
    [InlineData("PRUNE0013")]
    public void The_example_of_a_page_gives_the_message_that_it_shows(string id)
    {
        string page = File.ReadAllText(Path.Combine(Folder, id + ".md")).ReplaceLineEndings("\n");
        Match example = Regex.Match(page, "```yaml\n(.*?)\n```\n\n```text\n(.*?)\n```", RegexOptions.Singleline);
        Assert.Equal(example.Groups[2].Value, Assert.Single(PruneSpecReader.Read(example.Groups[1].Value, "vit.prune.yaml").Diagnostics).ToString());
    }

    [Fact]
    public void Every_page_has_a_diagnostic()
    {
        IEnumerable<string> pages = Directory.EnumerateFiles(Folder, "PRUNE*.md").Select(file => Path.GetFileNameWithoutExtension(file)!);
        Assert.Empty(pages.Except(PruneDiagnostics.All.Select(row => row.Id)));
    }
}
