using System.Globalization;
using System.Text;

namespace PruneTasks.Json;

/// <summary>
/// Deterministic text of a tree: two spaces, LF, no byte order mark, arrays of scalars on one line, ends with a line feed.
/// </summary>
internal static class JsonWriter
{
    /// <summary>The text of a value.</summary>
    public static string Write(JsonValue value)
    {
        var text = new StringBuilder();
        WriteValue(text, value, 0);
        return text.Append('\n').ToString();
    }

    private static void WriteValue(StringBuilder text, JsonValue value, int depth)
    {
        switch (value.Kind)
        {
            case JsonKind.Null:
                text.Append("null");
                break;
            case JsonKind.String:
                WriteString(text, value.Text);
                break;
            case JsonKind.Array:
                WriteArray(text, value.Items, depth);
                break;
            case JsonKind.Object:
                WriteObject(text, value.Members, depth);
                break;
            default:
                text.Append(value.Text);
                break;
        }
    }

    private static void WriteArray(StringBuilder text, IReadOnlyList<JsonValue> items, int depth)
    {
        bool inline = true;
        foreach (JsonValue item in items)
            inline &= item.Kind is not (JsonKind.Array or JsonKind.Object);
        text.Append('[');
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                text.Append(inline ? ", " : ",");
            if (!inline)
                NewLine(text, depth + 1);
            WriteValue(text, items[i], depth + 1);
        }

        if (!inline)
            NewLine(text, depth);
        text.Append(']');
    }

    private static void WriteObject(StringBuilder text, IReadOnlyList<KeyValuePair<string, JsonValue>> members, int depth)
    {
        text.Append('{');
        for (int i = 0; i < members.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            NewLine(text, depth + 1);
            WriteString(text, members[i].Key);
            text.Append(": ");
            WriteValue(text, members[i].Value, depth + 1);
        }

        if (members.Count > 0)
            NewLine(text, depth);
        text.Append('}');
    }

    private static void NewLine(StringBuilder text, int depth) => text.Append('\n').Append(' ', 2 * depth);

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                default:
                    if (MustEscape(value, i))
                        text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    else
                        text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }

    // Controls by the grammar; lone surrogates because UTF-8 cannot hold them; U+2028/9 because editors break lines there.
    private static bool MustEscape(string value, int i)
    {
        char c = value[i];
        if (char.IsHighSurrogate(c))
            return i + 1 >= value.Length || !char.IsLowSurrogate(value[i + 1]);
        if (char.IsLowSurrogate(c))
            return i == 0 || !char.IsHighSurrogate(value[i - 1]);
        return c < ' ' || c is '\u007f' or '\u2028' or '\u2029';
    }
}
