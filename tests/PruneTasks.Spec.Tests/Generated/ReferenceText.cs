using System.Text;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Table;

namespace PruneTasks.Spec.Tests.Generated;

/// <summary>docs/spec.md and docs/diagnostics/README.md from the tables.</summary>
internal static class ReferenceText
{
    private const string Introduction = """
        <!-- Written from the table of keys (src/PruneTasks.Spec/Table/SpecTable.cs) by a test; PRUNETASKS_UPDATE=1 writes it anew. -->
        # The spec: `*.prune.yaml`

        A spec says which model to prune, on which data, and how far. The smallest one, `vit.prune.yaml` beside `vit.onnx`:

        ```yaml
        version: 1
        data:
          personal: { path: data/personal }
        ```

        It is YAML 1.2 in UTF-8, one document, without anchors, aliases and tags. Relative paths start at the folder of the spec;
        `/` and `\` both separate. A section whose lines are all commented out counts as absent. All mistakes are reported at once,
        each with its place and a [PRUNE id](diagnostics/README.md). An editor with the YAML language server checks the spec while
        you write it against `src/PruneTasks.Spec/prune.schema.json`:

        ```yaml
        # yaml-language-server: $schema=prune.schema.json
        ```

        """;

    public static string Reference()
    {
        var text = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        foreach (SpecKey section in SpecTable.Root.All().Where(key => key.Kind == SpecKind.Section))
        {
            text.Append('\n').Append(section.Path.Length == 0 ? "## Top level" : $"## `{section.Path}`").Append("\n\n");
            if (section.Path.Length > 0)
                text.Append(section.Description).Append(section.DefaultInWords is { } words ? $" Default: {words}." : "").Append("\n\n");
            text.Append("| key | value | default | meaning |\n|---|---|---|---|\n");
            foreach (SpecKey key in section.Keys)
                text.Append($"| `{key.Name}` | {Value(key)} | {Default(key)} | {Meaning(key)} |\n");
        }

        return text.ToString();
    }

    public static string DiagnosticsIndex()
    {
        var text = new StringBuilder("<!-- Written from the table of diagnostics by a test; PRUNETASKS_UPDATE=1 writes it anew. -->\n# Diagnostics\n\n");
        text.Append("Blocks: 00 spec and data, 01 model, 02 generated code, 03 runtime, 04 pruning, 05 analyzers, 09 worker.\n\n| id | severity | title |\n|---|---|---|\n");
        foreach (PruneDiagnosticDescriptor row in PruneDiagnostics.All)
            text.Append($"| [{row.Id}]({row.Id}.md) | {row.Severity.ToWord()} | {row.Title} |\n");
        return text.ToString();
    }

    /// <summary>Description, meaning of the words, and default where it is no constant.</summary>
    public static string Describe(SpecKey key)
    {
        string words = string.Join("; ", key.Words.Select(word => $"{word.Word}: {word.Meaning}"));
        return key.Description + (words.Length > 0 ? $" {words}." : "") + (key.DefaultInWords is { } usual ? $" Default: {usual}." : "");
    }

    private static string Value(SpecKey key) => key.Kind switch
    {
        SpecKind.Section => $"[section](#{key.Path.Replace(".", "")})" + string.Concat(key.Words.Select(word => $", or `{word.Word}`")),
        SpecKind.Word => string.Join(", ", key.Words.Select(word => $"`{word.Word}`")),
        _ => SpecWording.Expectation(key) + (key.Example is { } example ? $", as `{example}`" : ""),
    };

    private static string Default(SpecKey key) => key switch
    {
        { Required: true } => "required",
        { DefaultInWords: { } words } => words,
        { Default: { } value } => $"`{value.Trim('"')}`",
        _ => "",
    };

    private static string Meaning(SpecKey key) =>
        key.Description + string.Concat(key.Words.Select(word => $"<br>`{word.Word}`: {word.Meaning}."));
}
