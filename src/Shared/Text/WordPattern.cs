using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PruneTasks.Text;

/// <summary>
/// A regular expression over characters. That of .NET goes by halves of characters beyond U+FFFF, which are neither letters nor digits to it; so each of these is
/// looked at as one other character of its category.
/// </summary>
internal sealed class WordPattern(string pattern)
{
    // Of scripts that no pattern of a tokenizer names.
    private static readonly Dictionary<UnicodeCategory, char> OfCategory = new[]
    {
        '\uA642', '\uA643', '\u1F88', '\uA4F8', '\uA4D0', '\uA66F', '\uA823', '\uA670', '\uA620', '\uA6E6', '\uA830', '\uFE4D', '\u2E17', '\u2E22', '\u2E23', '\u2E02', '\u2E03',
        '\uA673', '\u29B0', '\uA838', '\uA700', '\uA490', '\u206A', '\uE000', '\u0378',
    }.ToDictionary(char.GetUnicodeCategory);

    private readonly Regex _regex = new(pattern, RegexOptions.CultureInvariant);

    /// <summary>Gives matches that are not empty, from left to right: place and length.</summary>
    public void Each(string text, Action<int, int> match)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            foreach (ValueMatch found in _regex.EnumerateMatches(text))
            {
                if (found.Length > 0)
                    match(found.Index, found.Length);
            }
            return;
        }
        var single = new StringBuilder(text.Length);
        List<int> places = [];
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            places.Add(at);
            at += rune.Utf16SequenceLength;
            single.Append(rune.IsBmp ? (char)rune.Value : OfCategory.GetValueOrDefault(Rune.GetUnicodeCategory(rune), '\u0378'));
        }
        places.Add(at);
        foreach (ValueMatch found in _regex.EnumerateMatches(single.ToString()))
        {
            if (found.Length > 0)
                match(places[found.Index], places[found.Index + found.Length] - places[found.Index]);
        }
    }
}
