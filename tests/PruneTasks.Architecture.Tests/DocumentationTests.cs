using System.Text.RegularExpressions;
using System.Xml.Linq;
using PruneTasks.BuildTesting;

namespace PruneTasks.Architecture.Tests;

/// <summary>
/// What a user can say is documented: properties and metadata of the build, environment variables, links between pages. Keys of the spec, diagnostics and
/// options of the command line have their own tests beside their tables.
/// </summary>
public sealed partial class DocumentationTests
{
    private static readonly string Docs = Path.Combine(Repository.Root, "docs");

    /// <summary>Not said by users, but by one part of the build to another, or by a person who changes this repository.</summary>
    private static readonly string[] Inner = ["PRUNETASKS_RUNTIME", "PRUNETASKS_UPDATE"];

    [Fact]
    public void Every_public_property_of_the_build_has_a_row()
    {
        string[] properties = [.. BuildFiles().SelectMany(file => XDocument.Load(file).Descendants().Where(element => element.Parent?.Name.LocalName == "PropertyGroup"))
            .Select(element => element.Name.LocalName).Where(name => !name.StartsWith('_')).Distinct()];
        string text = File.ReadAllText(Path.Combine(Docs, "how-the-build-works.md"));

        Assert.Contains("PruneTasksEnabled", properties);
        string[] missing = [.. properties.Where(name => !Regex.IsMatch(text, $"(?m)^\\| `{name}` \\|") && !text.Contains($"`{name}=", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_row_of_a_property_has_a_property()
    {
        string build = string.Concat(BuildFiles().Select(File.ReadAllText));
        IEnumerable<string> rows = Rows().Matches(File.ReadAllText(Path.Combine(Docs, "how-the-build-works.md"))).Select(row => row.Groups[1].Value);

        string[] missing = [.. rows.Where(name => !build.Contains($"$({name})", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_metadata_of_an_item_is_documented()
    {
        string[] names = [.. Directory.GetFiles(Path.Combine(Repository.Root, "src", "PruneTasks.Tasks"), "ModelItems.cs", SearchOption.AllDirectories)
            .SelectMany(file => MetadataReads().Matches(File.ReadAllText(file)).Select(read => read.Groups[1].Value)).Distinct()];
        string text = File.ReadAllText(Path.Combine(Docs, "how-the-build-works.md"));

        Assert.Contains("ClassName", names);
        string[] missing = [.. names.Where(name => !Regex.IsMatch(text, $"(?m)^\\|[^|]*`{name}`[^|]*\\|"))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_environment_variable_is_documented()
    {
        IEnumerable<string> sources = new[] { "src", "build" }.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".props" or ".targets" or ".proj" && !IsBuilt(file));
        string[] variables = [.. sources.SelectMany(file => Variables().Matches(File.ReadAllText(file)).Select(match => match.Value)).Distinct().Except(Inner)];
        string table = File.ReadAllText(Path.Combine(Docs, "ci-and-offline.md"));

        Assert.Contains("PRUNETASKS_LIBTORCH", variables);
        string[] missing = [.. variables.Where(name => !table.Contains($"| `{name}` |", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        IEnumerable<string> pages = Directory.GetFiles(Docs, "*.md", SearchOption.AllDirectories).Append(Path.Combine(Repository.Root, "README.md"));
        var broken = new List<string>();
        foreach (string page in pages)
        {
            foreach (Match link in Links().Matches(Code().Replace(File.ReadAllText(page), "")))
            {
                string[] target = link.Groups[1].Value.Split('#');
                string path = target[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, target[0]));
                bool there = File.Exists(path) || Directory.Exists(path);
                if (there && target.Length > 1 && path.EndsWith(".md", StringComparison.Ordinal))
                    there = Headings().Matches(File.ReadAllText(path)).Any(heading => Anchor(heading.Groups[1].Value.Trim()) == target[1]);
                if (!there)
                    broken.Add($"{Path.GetRelativePath(Repository.Root, page)}: {link.Groups[1].Value}");
            }
        }

        Assert.Empty(broken);
    }

    private static string[] BuildFiles() =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "build"), "*.*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".props" or ".targets")];

    private static bool IsBuilt(string file) => file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj");

    // As the usual renderers make it: lower case, blanks to hyphens, all other signs gone.
    private static string Anchor(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"(?m)^\| `(PruneTasks\w+)` \|")]
    private static partial Regex Rows();

    [GeneratedRegex("Metadata\\(item, \"(\\w+)\"\\)")]
    private static partial Regex MetadataReads();

    [GeneratedRegex("PRUNETASKS_[A-Z_]*[A-Z]")]
    private static partial Regex Variables();

    [GeneratedRegex(@"\]\((?!https?:)([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"(?s)```.*?```|`[^`\n]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"(?m)^#+ (.+)$")]
    private static partial Regex Headings();
}
