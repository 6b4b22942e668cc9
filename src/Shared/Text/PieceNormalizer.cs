using System.Globalization;
using System.Text;

namespace PruneTasks.Text;

/// <summary>The steps of a normalizer, in their order; each is the step's name and its arguments, as PruneTasks.Spec writes them.</summary>
internal sealed class PieceNormalizer
{
    private readonly Func<string, string>[] _steps;

    /// <exception cref="FormatException">A step is not known.</exception>
    public PieceNormalizer(IReadOnlyList<IReadOnlyList<string>> steps) => _steps = [.. steps.Select(Step)];

    public string Run(string text)
    {
        foreach (Func<string, string> step in _steps)
            text = step(text);
        return text;
    }

    private static Func<string, string> Step(IReadOnlyList<string> step) => step switch
    {
        ["prepend", var mark] => text => text.Length == 0 ? text : mark + text,
        ["replace", var from, var to] => text => text.Replace(from, to, StringComparison.Ordinal),
        ["collapse", var to] => text => Collapse(text, to),
        ["trimStart"] => text => text.TrimStart(),
        ["trimEnd"] => text => text.TrimEnd(),
        ["form", var form] => text => UnicodeForm.Of(text, form),
        ["lowercase"] => text => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant(),
        ["stripMarks"] => text => Strip(text, all: true),
        ["stripAccents"] => text => Strip(text, all: false),
        ["clean"] => Clean,
        ["chinese"] => SpaceChinese,
        ["charsmap", var map] => new CharacterMap(Convert.FromBase64String(map)).Run,
        ["sentencePiece", var map, var prefix, var squeeze, ..] => new SentencePieceNormalizer(map, prefix == "true", squeeze == "true", step.Skip(4)).Run,
        _ => throw new FormatException($"The normalizer's step '{(step.Count > 0 ? step[0] : "")}' is not known."),
    };

    // Two spaces or more.
    private static string Collapse(string text, string to)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = i;
            while (end < text.Length && text[end] == ' ')
                end++;
            if (end - i >= 2)
            {
                result.Append(to);
                i = end;
            }
            else
            {
                result.Append(text[i++]);
            }
        }
        return result.ToString();
    }

    private static string Strip(string text, bool all)
    {
        if (Ascii.IsValid(text))
            return text;
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (category != UnicodeCategory.NonSpacingMark && !(all && category is UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
                Append(result, rune);
        }
        return result.ToString();
    }

    // As BERT does it: white space of all kinds becomes a blank, and characters that stand for nothing go.
    private static string Clean(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool line = rune.Value is '\t' or '\n' or '\r';
            bool nothing = rune.Value is 0 or 0xFFFD
                || (!line && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse);
            if (nothing)
                continue;
            if (Rune.IsWhiteSpace(rune))
                result.Append(' ');
            else
                Append(result, rune);
        }
        return result.ToString();
    }

    // Each Chinese character is a word.
    private static string SpaceChinese(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool chinese = rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
                or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
            if (chinese)
                result.Append(' ');
            Append(result, rune);
            if (chinese)
                result.Append(' ');
        }
        return result.ToString();
    }

    private static void Append(StringBuilder result, Rune rune)
    {
        Span<char> letters = stackalloc char[2];
        result.Append(letters[..rune.EncodeToUtf16(letters)]);
    }
}
