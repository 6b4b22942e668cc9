using System.Text;
using System.Text.RegularExpressions;

namespace PruneTasks.Spec.Tokenizers;

/// <summary>
/// Brings regular expressions of tokenizers (Oniguruma, fancy-regex) to those of .NET: possessive quantifiers become atomic groups, and \w has all marks. What
/// .NET reads in another way, or not at all, is refused.
/// </summary>
internal static class TokenPattern
{
    private const string WordCharacters = @"\p{L}\p{M}\p{Nd}\p{Pc}";

    /// <summary>The pattern for .NET, or null and what is at fault.</summary>
    public static string? Read(string pattern, out string? problem)
    {
        string? read = Translate(pattern, out problem);
        if (read is null)
            return null;
        try
        {
            _ = new Regex(read, RegexOptions.CultureInvariant);
            return read;
        }
        catch (ArgumentException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    private static string? Translate(string pattern, out string? problem)
    {
        var result = new StringBuilder();
        var groups = new Stack<int>();
        problem = null;
        // Where in the result the last atom begins; -1 for none.
        int atom = -1;
        for (int i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\' when i + 1 < pattern.Length:
                    atom = result.Length;
                    i = Escape(pattern, i, result, inClass: false);
                    break;
                case '[':
                    atom = result.Length;
                    i = Class(pattern, i, result, out problem);
                    if (problem is not null)
                        return null;
                    break;
                case '(':
                    groups.Push(result.Length);
                    result.Append('(');
                    atom = -1;
                    break;
                case ')':
                    atom = groups.Count > 0 ? groups.Pop() : -1;
                    result.Append(')');
                    break;
                case '?' or '*' or '+' when atom >= 0:
                    result.Append(pattern[i]);
                    if (i + 1 < pattern.Length && pattern[i + 1] == '+')
                    {
                        result.Insert(atom, "(?>").Append(')');
                        i++;
                    }
                    else if (i + 1 < pattern.Length && pattern[i + 1] == '?')
                    {
                        result.Append('?');
                        i++;
                    }
                    atom = -1;
                    break;
                default:
                    atom = pattern[i] is '|' or '^' or '$' ? -1 : pattern[i] == '{' ? atom : result.Length;
                    result.Append(pattern[i]);
                    break;
            }
        }
        return result.ToString();
    }

    private static int Class(string pattern, int from, StringBuilder result, out string? problem)
    {
        problem = null;
        result.Append('[');
        int at = from + 1;
        if (at < pattern.Length && pattern[at] == '^')
        {
            result.Append('^');
            at++;
        }
        for (int first = at; at < pattern.Length && (pattern[at] != ']' || at == first); at++)
        {
            if (pattern[at] == '[' || (pattern[at] == '&' && at + 1 < pattern.Length && pattern[at + 1] == '&'))
            {
                problem = "a set inside of a set of characters, or '&&' in one, which .NET reads in another way";
                return at;
            }
            if (pattern[at] == '\\' && at + 1 < pattern.Length)
                at = Escape(pattern, at, result, inClass: true);
            else
                result.Append(pattern[at]);
        }
        result.Append(']');
        return at;
    }

    // Gives the place of what was read last.
    private static int Escape(string pattern, int at, StringBuilder result, bool inClass)
    {
        switch (pattern[at + 1])
        {
            case 'w':
                result.Append(inClass ? WordCharacters : $"[{WordCharacters}]");
                return at + 1;
            case 'W' when !inClass:
                result.Append($"[^{WordCharacters}]");
                return at + 1;
            case 'p' or 'P' when at + 2 < pattern.Length && pattern[at + 2] == '{' && pattern.IndexOf('}', at) is > 0 and var end:
                result.Append(pattern, at, end + 1 - at);
                return end;
            default:
                result.Append(pattern, at, 2);
                return at + 1;
        }
    }
}
