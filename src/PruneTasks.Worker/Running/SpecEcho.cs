using PruneTasks.Json;
using PruneTasks.Spec;

namespace PruneTasks.Worker.Running;

/// <summary>The spec as one line per key, defaults included.</summary>
internal static class SpecEcho
{
    /// <summary>Dotted keys and their values, in the order of the canonical spec.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(PruneSpec spec)
    {
        List<KeyValuePair<string, string>> lines = [];
        Add(lines, "", JsonReader.Read(CanonicalSpec.Write(spec)));
        return lines;
    }

    private static void Add(List<KeyValuePair<string, string>> lines, string key, JsonValue value)
    {
        switch (value.Kind)
        {
            case JsonKind.Object:
                foreach (KeyValuePair<string, JsonValue> member in value.Members)
                    Add(lines, key.Length == 0 ? member.Key : $"{key}.{member.Key}", member.Value);
                break;
            case JsonKind.Array:
                lines.Add(new(key, string.Join(", ", value.Items.Select(item => item.Text))));
                break;
            case JsonKind.Null:
                break;
            default:
                lines.Add(new(key, value.Text));
                break;
        }
    }
}
