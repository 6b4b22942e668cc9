using System.Globalization;
using System.Text;

namespace PruneTasks.Spec.Reading;

/// <summary>Names that C# accepts (C# specification 6.4.3, without escapes and the @ prefix).</summary>
internal static class CSharpNames
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal",
        "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for",
        "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null",
        "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte",
        "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof",
        "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    };

    /// <summary>Whether the name can be used as it is.</summary>
    public static bool IsIdentifier(string name) =>
        name.Length > 0 && IsStart(name[0]) && name.All(IsPart) && !Keywords.Contains(name);

    /// <summary>
    /// PascalCase of a file stem: words end where a character is that no identifier may hold, or at <c>_</c>.
    /// <c>my-vit_b16</c> gives <c>MyVitB16</c>, <c>4bit</c> gives <c>Model4bit</c>, <c>--</c> gives <c>Model</c>.
    /// </summary>
    public static string Pascal(string stem)
    {
        var name = new StringBuilder();
        bool first = true;
        foreach (char c in stem)
        {
            bool part = IsPart(c) && c != '_';
            if (part)
                name.Append(first ? char.ToUpperInvariant(c) : c);
            first = !part;
        }

        return name.Length > 0 && IsStart(name[0]) ? name.ToString() : "Model" + name;
    }

    private static bool IsStart(char c) => c == '_' || char.GetUnicodeCategory(c) is UnicodeCategory.UppercaseLetter
        or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber;

    private static bool IsPart(char c) => IsStart(c) || char.GetUnicodeCategory(c) is UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
