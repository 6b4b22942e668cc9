using System.Globalization;
using System.Text;

namespace PruneTasks.Text;

/// <summary>
/// Finds added tokens in a text as huggingface/tokenizers does (AddedVocabulary): from left to right, the longest at each place, with the white space that
/// a token takes; what is between them is a text of its own.
/// </summary>
internal sealed class AddedTokens
{
    private readonly PieceTrie _trie = new();
    private readonly AddedToken[] _tokens;

    /// <param name="tokens">Which are found.</param>
    /// <param name="written">How a token stands in the texts that are looked through.</param>
    public AddedTokens(IEnumerable<AddedToken> tokens, Func<string, string> written)
    {
        _tokens = [.. tokens];
        for (int i = 0; i < _tokens.Length; i++)
        {
            string text = written(_tokens[i].Text);
            if (text.Length > 0)
                _trie.Add(text, i);
        }
    }

    /// <summary>Gives the parts of a text in their order, none of them empty: a place and a length, and the token's id, or -1 for text.</summary>
    public IEnumerable<(int From, int Length, int Id)> Split(string text)
    {
        int from = 0;
        for (int at = 0; _tokens.Length > 0 && at < text.Length;)
        {
            (int length, int index) = _trie.Longest(text, at);
            if (length == 0)
            {
                at++;
                continue;
            }
            AddedToken token = _tokens[index];
            (int start, int end) = (at, at + length);
            at = end;
            if (token.Word && ((start > 0 && IsWord(RuneBefore(text, start))) || (end < text.Length && IsWord(RuneAt(text, end)))))
                continue;
            while (token.LeftStrip && start > from && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            if (start > from)
                yield return (from, start - from, -1);
            yield return (start, end - start, token.Id);
            from = at = end;
        }
        if (from < text.Length)
            yield return (from, text.Length - from, -1);
    }

    private static Rune RuneAt(string text, int at) => Rune.TryGetRuneAt(text, at, out Rune rune) ? rune : Rune.ReplacementChar;

    private static Rune RuneBefore(string text, int at) => RuneAt(text, at > 1 && char.IsLowSurrogate(text[at - 1]) ? at - 2 : at - 1);

    private static bool IsWord(Rune rune) => Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
