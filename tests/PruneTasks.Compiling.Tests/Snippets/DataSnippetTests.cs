extern alias spec;

using System.Xml.Linq;
using spec::PruneTasks.Spec;

namespace PruneTasks.Compiling.Tests.Snippets;

/// <summary>
/// Blocks of YAML are specs, whole or in part, that the reader takes; a block that shows a mistake is followed at once by a block of text with the
/// message, and what is no spec says so in a comment before it: <c>&lt;!-- not a spec --&gt;</c>. Blocks of XML are well-formed.
/// </summary>
public sealed class DataSnippetTests
{
    [Fact]
    public void Every_yaml_block_is_a_spec()
    {
        Snippet[] specs = [.. Snippet.All("yaml").Where(snippet => snippet.Before != "<!-- not a spec -->" && snippet.Next != "text")];
        Assert.True(specs.Length >= 4, $"only {specs.Length} blocks of YAML were found");
        string[] wrong = [.. specs.SelectMany(snippet => PruneSpecReader.Read(Complete(snippet.Text), "vit.prune.yaml").Diagnostics.Select(problem => $"{snippet}: {problem}"))];
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_xml_block_is_well_formed()
    {
        Snippet[] blocks = [.. Snippet.All("xml")];
        Assert.True(blocks.Length >= 8, $"only {blocks.Length} blocks of XML were found");
        List<string> wrong = [];
        foreach (Snippet block in blocks)
        {
            try
            {
                _ = XDocument.Parse($"<all>{block.Text}</all>");
            }
            catch (System.Xml.XmlException problem)
            {
                wrong.Add($"{block}: {problem.Message}");
            }
        }
        Assert.Empty(wrong);
    }

    // A part leaves out what every spec has.
    private static string Complete(string text) => text.Contains("version:", StringComparison.Ordinal) ? text : "version: 1\n" + text;
}
