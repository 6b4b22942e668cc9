using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;

namespace PruneTasks.Generator.Naming;

/// <summary>Turns names from elsewhere (ONNX tensors and axes, labels, namespaces) into C# identifiers.</summary>
internal static class Identifiers
{
    /// <summary>Longer names are cut: C# allows 511 characters, and suffixes must fit.</summary>
    private const int MaxLength = 200;

    /// <summary>
    /// PascalCase of the letters and digits in <paramref name="text"/>, everything else separating words; null where none is
    /// left. A name of capitals only is read as words of capitals. The result may begin with a digit.
    /// </summary>
    public static string? Pascal(string text)
    {
        bool shouting = true, ascii = true;
        foreach (char c in text)
        {
            if (c >= 128)
                (ascii, shouting) = (false, shouting && !char.IsLower(c));
            else if (c is >= 'a' and <= 'z')
                shouting = false;
        }
        return ascii ? PascalOfAscii(text, shouting) : PascalOfAny(text.Normalize(NormalizationForm.FormC), shouting);
    }

    /// <summary>The same for most names, in one array: a model may have thousands of labels, and this code runs before the runtime makes it fast.</summary>
    private static string? PascalOfAscii(string text, bool shouting)
    {
        char[] name = new char[text.Length];
        int length = 0;
        bool first = true;
        foreach (char c in text)
        {
            bool lower = c is >= 'a' and <= 'z', upper = c is >= 'A' and <= 'Z';
            if (!lower && !upper && c is not (>= '0' and <= '9'))
            {
                first = true;
                continue;
            }
            name[length++] = first && lower ? (char)(c - 32) : !first && upper && shouting ? (char)(c + 32) : c;
            first = false;
        }
        return length == 0 ? null : new string(name, 0, Math.Min(length, MaxLength));
    }

    private static string? PascalOfAny(string text, bool shouting)
    {
        StringBuilder name = new();
        bool first = true;
        foreach (char c in text)
        {
            bool belongs = first ? char.IsLetterOrDigit(c) : IsPart(c);
            if (!belongs)
            {
                first = true;
                continue;
            }
            name.Append(first ? char.ToUpperInvariant(c) : shouting ? char.ToLowerInvariant(c) : c);
            first = false;
        }
        return name.Length == 0 ? null : name.ToString(0, Math.Min(name.Length, MaxLength));
    }

    /// <summary>The PascalCase name of a tensor: exporters' noise (':0', '.1') trimmed; <paramref name="otherwise"/> leads where letters do not.</summary>
    public static string Tensor(string name, string otherwise)
    {
        int end = name.Length;
        while (true)
        {
            int digits = end;
            while (digits > 0 && name[digits - 1] is >= '0' and <= '9')
                digits--;
            if (digits == end || digits < 2 || name[digits - 1] is not (':' or '.'))
                break;
            end = digits - 1;
        }
        string pascal = Pascal(name.Substring(0, end)) ?? "";
        return Starts(pascal) ? pascal : otherwise + pascal;
    }

    /// <summary>The name of a label: an underscore before a leading digit, the index where nothing is left of the text.</summary>
    public static string Label(string text, int index)
    {
        string? pascal = Pascal(text);
        if (pascal is null)
            return "Label" + index.ToString(CultureInfo.InvariantCulture);
        return Starts(pascal) ? pascal : "_" + pascal;
    }

    /// <summary>camelCase of a PascalCase name; not yet escaped.</summary>
    public static string Camel(string pascal) => char.ToLowerInvariant(pascal[0]) + pascal.Substring(1);

    /// <summary>PascalCase of a camelCase name.</summary>
    public static string Upper(string camel) => char.ToUpperInvariant(camel[0]) + camel.Substring(1);

    /// <summary>The identifier as it must be written: keywords with @. None begins with a capital.</summary>
    public static string Escape(string identifier) =>
        identifier[0] is not (>= 'A' and <= 'Z') && (SyntaxFacts.GetKeywordKind(identifier) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(identifier) != SyntaxKind.None)
            ? "@" + identifier
            : identifier;

    /// <summary>A namespace that C# accepts, segment by segment; empty for the global namespace.</summary>
    public static string Namespace(string text)
    {
        List<string> segments = [];
        foreach (string part in text.Split('.'))
        {
            char[] name = part.Trim().ToCharArray();
            if (name.Length == 0)
                continue;
            for (int i = 0; i < name.Length; i++)
                name[i] = name[i] == '_' || IsPart(name[i]) ? name[i] : '_';
            string segment = new(name);
            segments.Add(Escape(name[0] == '_' || Starts(segment) ? segment : "_" + segment));
        }
        return string.Join(".", segments);
    }

    private static bool Starts(string name) => name.Length > 0 && SyntaxFacts.IsIdentifierStartCharacter(name[0]);

    /// <summary>Format characters (Cf) are left out: C# accepts but ignores them, so two names could be one.</summary>
    private static bool IsPart(char c) =>
        c != '_' && SyntaxFacts.IsIdentifierPartCharacter(c) && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.Format
        && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.ConnectorPunctuation;
}
