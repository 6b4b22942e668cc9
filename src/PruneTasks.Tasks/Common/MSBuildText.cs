using System.Globalization;
using System.Text;

namespace PruneTasks.Tasks.Common;

/// <summary>Text that MSBuild reads back as it is (documentation: "MSBuild special characters").</summary>
internal static class MSBuildText
{
    private const string Special = "%*?@$();'";

    /// <summary>Escapes what MSBuild would expand or split, as <c>%xx</c>. An item's name or metadata must be given so; text that a task gives out is escaped by MSBuild itself.</summary>
    public static string Escape(string text)
    {
        if (text.IndexOfAny(Special.ToCharArray()) < 0)
            return text;
        var escaped = new StringBuilder(text.Length + 8);
        foreach (char c in text)
        {
            if (Special.IndexOf(c) >= 0)
                escaped.Append('%').Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
            else
                escaped.Append(c);
        }

        return escaped.ToString();
    }
}
