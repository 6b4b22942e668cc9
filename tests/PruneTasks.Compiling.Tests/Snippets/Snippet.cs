using System.Text.RegularExpressions;
using PruneTasks.BuildTesting;

namespace PruneTasks.Compiling.Tests.Snippets;

/// <summary>A fenced block of a document.</summary>
/// <param name="File">Path from the root of the repository.</param>
/// <param name="Line">Line of the fence, from 1.</param>
/// <param name="Language">The word after the fence.</param>
/// <param name="Text">What is between the fences.</param>
/// <param name="Before">The line before the fence; a comment there may say what the block is.</param>
/// <param name="Next">The language of the block that follows with nothing between them, or null.</param>
internal sealed partial record Snippet(string File, int Line, string Language, string Text, string Before, string? Next)
{
    public override string ToString() => $"{File}({Line})";

    /// <summary>All blocks of README.md, docs and samples in a language.</summary>
    public static IEnumerable<Snippet> All(string language)
    {
        IEnumerable<string> files = Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "README.md", SearchOption.AllDirectories))
            .Append(Path.Combine(Repository.Root, "README.md"));
        return files.Order(StringComparer.Ordinal).SelectMany(Read).Where(snippet => snippet.Language == language);
    }

    private static IEnumerable<Snippet> Read(string file)
    {
        string text = System.IO.File.ReadAllText(file).ReplaceLineEndings("\n");
        string path = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
        foreach (Match block in Fences().Matches(text))
        {
            string rest = text[(block.Index + block.Length)..];
            int start = block.Groups["fence"].Index;
            string before = text[..start].TrimEnd('\n').Split('\n')[^1].Trim();
            Match next = NextFence().Match(rest);
            yield return new Snippet(path, text[..start].Count(c => c == '\n') + 1, block.Groups["language"].Value, block.Groups["text"].Value, before, next.Success ? next.Groups[1].Value : null);
        }
    }

    [GeneratedRegex(@"^(?<fence>```)(?<language>\w+)[^\n]*\n(?<text>.*?)^```[ ]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"\A\n+```(\w+)")]
    private static partial Regex NextFence();
}
