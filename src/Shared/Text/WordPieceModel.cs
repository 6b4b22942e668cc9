namespace PruneTasks.Text;

/// <summary>WordPiece (google-research/bert, tokenization.py): the longest piece from the left, again and again; a word with a rest is unknown as a whole.</summary>
internal sealed class WordPieceModel(TokenizerDefinition definition, Dictionary<string, int> ids) : IPieceModel
{
    private readonly string _prefix = definition.Prefix ?? "";
    private readonly int _unknown = definition.Unknown ?? throw new FormatException("A WordPiece vocabulary has an unknown token.");

    /// <inheritdoc/>
    public void Split(string word, List<int> result)
    {
        int before = result.Count;
        if (word.Length > definition.LongestWord && word.EnumerateRunes().Count() > definition.LongestWord)
        {
            result.Add(_unknown);
            return;
        }
        for (int from = 0; from < word.Length;)
        {
            int to = word.Length;
            int id = -1;
            for (; to > from; to--)
            {
                if (to < word.Length && char.IsLowSurrogate(word[to]))
                    continue;
                if (ids.TryGetValue(from > 0 ? string.Concat(_prefix, word.AsSpan(from, to - from)) : word[..to], out id))
                    break;
            }
            if (to == from)
            {
                result.RemoveRange(before, result.Count - before);
                result.Add(_unknown);
                return;
            }
            result.Add(id);
            from = to;
        }
    }
}
