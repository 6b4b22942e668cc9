using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Table;
using PruneTasks.Spec.Yaml;

namespace PruneTasks.Spec.Reading;

/// <summary>Holds a YAML tree against the table of keys, and goes on after an error to find them all.</summary>
internal sealed class SpecWalker(string file, List<PruneDiagnostic> diagnostics)
{
    /// <summary>The values that passed.</summary>
    public SpecValues Values { get; } = new();

    /// <summary>Checks one section and all below it. <paramref name="place"/> is where to report what is missing.</summary>
    public void Section(SpecKey section, YamlNode node, SourceSpan place)
    {
        if (node.Kind != YamlKind.Mapping)
        {
            Bad(section, node);
            return;
        }

        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((YamlNode key, YamlNode value) in node.Entries)
        {
            if (key.Kind != YamlKind.Scalar)
                diagnostics.Add(PruneDiagnostics.BadValue.At(file, key.Span, "a key", "text", key.InWords()));
            else if (seen.TryGetValue(key.Text, out int line))
                diagnostics.Add(PruneDiagnostics.DuplicateKey.At(file, key.Span, key.Text, line));
            else
                Entry(section, key, value);
            if (key.Kind == YamlKind.Scalar && !seen.ContainsKey(key.Text))
                seen.Add(key.Text, key.Span.Line);
        }

        foreach (SpecKey missing in section.Keys.Where(key => key.Required && !seen.ContainsKey(key.Name)))
            diagnostics.Add(PruneDiagnostics.MissingKey.At(file, place, missing.Path, $"add '{missing.Name}: {missing.Example}'"));
    }

    private void Entry(SpecKey section, YamlNode key, YamlNode value)
    {
        if (section.Keys.FirstOrDefault(child => child.Name == key.Text) is not { } known)
        {
            string where = section.Path.Length == 0 ? "the spec" : $"'{section.Path}'";
            diagnostics.Add(PruneDiagnostics.UnknownKey.At(file, key.Span, key.Text, where, Advice(section, key.Text)));
        }
        else if (known.Kind == SpecKind.Section)
        {
            // 'prune:' with every line below it commented out: as if it were absent.
            if (value.IsNull)
                return;
            if (value.Kind == YamlKind.Scalar && known.Words.Any(word => word.Word == value.Text))
            {
                Values.Places[known.Path] = value.Span;
                Values.Set(known, value.Text);
                return;
            }
            Values.Places[known.Path] = key.Span;
            Section(known, value, key.Span);
        }
        else
        {
            Values.Places[known.Path] = value.Span;
            // What is wrong with one of several names is found later, where they are looked up.
            for (int i = 0; known.Kind == SpecKind.Names && i < value.Items.Count; i++)
                Values.Places[$"{known.Path}[{i.ToString(System.Globalization.CultureInfo.InvariantCulture)}]"] = value.Items[i].Span;
            if (SpecValueReader.Read(known, value, out YamlNode culprit) is { } read)
                Values.Set(known, read);
            else
                Bad(known, culprit);
        }
    }

    private void Bad(SpecKey key, YamlNode node)
    {
        Values.Refuse(key);
        if (node.IsRefused)
            return;
        string name = key.Path.Length == 0 ? "the spec" : key.Path;
        string advice = node.Kind == YamlKind.Scalar && Suggestion.For(node.Text, key.Words.Select(word => word.Word)) is { } word
            ? $"; did you mean '{word}'?"
            : "";
        diagnostics.Add(PruneDiagnostics.BadValue.At(file, node.Span, name, SpecWording.Expectation(key), node.InWords() + advice));
    }

    private static string Advice(SpecKey section, string word)
    {
        if (Suggestion.For(word, section.Keys.Select(key => key.Name)) is { } near)
            return $"did you mean '{near}'?";
        if (SpecTable.Root.All().FirstOrDefault(key => key.Path.Length > 0 && key.Name == word) is { } elsewhere)
            return $"it is known as '{elsewhere.Path}'";
        return "known are " + string.Join(", ", section.Keys.Select(key => key.Name));
    }
}
