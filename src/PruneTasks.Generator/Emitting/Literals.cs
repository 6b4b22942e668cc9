using System.Globalization;
using System.Text;
using PruneTasks.Json;

namespace PruneTasks.Generator.Emitting;

/// <summary>Values as C# text and as documentation text.</summary>
internal static class Literals
{
    /// <summary>A quoted string. What could end a line, or not survive UTF-8, is escaped; other text stays readable.</summary>
    public static string Text(string value)
    {
        if (IsPlain(value))
            return "\"" + value + "\"";
        StringBuilder text = new("\"");
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' || char.GetUnicodeCategory(c) == UnicodeCategory.Format || IsLone(value, i))
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                text.Append(c);
        }
        return text.Append('"').ToString();
    }

    /// <summary>A double that reads back as the same bits.</summary>
    public static string Number(double value) => JsonNumber.Format(value) + "d";

    /// <summary>Whole numbers with commas.</summary>
    public static string List(EquatableArray<int> values)
    {
        string[] texts = new string[values.Count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = values[i].ToString(CultureInfo.InvariantCulture);
        return string.Join(", ", texts);
    }

    /// <summary>Text inside an XML comment, on one line.</summary>
    public static string Xml(string value)
    {
        if (IsPlain(value))
            return value;
        StringBuilder text = new();
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (c == '<')
                text.Append("&lt;");
            else if (c == '>')
                text.Append("&gt;");
            else if (c == '&')
                text.Append("&amp;");
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufffe' or '\uffff' || IsLone(value, i))
                text.Append(' ');
            else
                text.Append(c);
        }
        return text.ToString();
    }

    /// <summary>Nothing to escape in either way: most texts, of which there may be thousands.</summary>
    private static bool IsPlain(string value)
    {
        foreach (char c in value)
        {
            if (c is < ' ' or > '~' or '"' or '\\' or '<' or '>' or '&')
                return false;
        }
        return true;
    }

    private static bool IsLone(string value, int i) =>
        char.IsHighSurrogate(value[i]) ? i + 1 >= value.Length || !char.IsLowSurrogate(value[i + 1])
        : char.IsLowSurrogate(value[i]) && (i == 0 || !char.IsHighSurrogate(value[i - 1]));
}
