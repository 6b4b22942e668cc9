namespace PruneTasks.Text;

/// <summary>
/// The unigram model (Kudo 2018; huggingface/tokenizers, models/unigram): of all ways to split a word into pieces the one with the largest sum of scores,
/// found from left to right (Viterbi). A character without a piece scores 10 less than the worst piece; neighbours without one are one unknown.
/// </summary>
internal sealed class UnigramModel : IPieceModel
{
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> _ids;
    private readonly IReadOnlyList<double> _scores;
    private readonly Func<string, int[]?> _bytes;
    private readonly int? _unknown;
    private readonly double _unknownScore;
    private readonly int _longest;

    public UnigramModel(TokenizerDefinition definition, Dictionary<string, int> ids, Func<string, int[]?> bytes)
    {
        if (definition.Scores.Count == 0 || definition.Scores.Count != definition.Pieces)
            throw new FormatException("The vocabulary and its scores are not of one length.");
        (_ids, _scores, _bytes) = (ids, definition.Scores, bytes);
        _unknown = definition.Unknown is { } unknown && ids.TryGetValue(unknown, out int id) ? id : null;
        _unknownScore = definition.Scores.Min() - UnknownPenalty;
        _longest = ids.Keys.Max(piece => piece.Length);
    }

    /// <inheritdoc/>
    public void Split(string word, List<int> ids)
    {
        var best = new (double Score, int From, bool Known)[word.Length + 1];
        for (int i = 1; i < best.Length; i++)
            best[i].From = -1;
        for (int at = 0; at < word.Length;)
        {
            int character = char.IsHighSurrogate(word[at]) && at + 1 < word.Length && char.IsLowSurrogate(word[at + 1]) ? 2 : 1;
            bool single = false;
            for (int length = 1; length <= Math.Min(_longest, word.Length - at); length++)
            {
                if (!_ids.TryGetValue(word.Substring(at, length), out int id))
                    continue;
                Offer(at + length, _scores[id], known: true);
                single |= length == character;
            }
            if (!single)
                Offer(at + character, _unknownScore, known: false);
            at += character;

            void Offer(int to, double score, bool known)
            {
                double sum = best[at].Score + score;
                if (best[to].From < 0 || sum > best[to].Score)
                    best[to] = (sum, at, known);
            }
        }
        List<string> pieces = [];
        string unknown = "";
        for (int to = word.Length; to > 0; to = best[to].From)
        {
            string piece = word[best[to].From..to];
            bool isUnknown = !best[to].Known || _ids[piece] == _unknown;
            if (isUnknown)
                unknown = piece + unknown;
            if ((!isUnknown || best[to].From == 0) && unknown.Length > 0)
            {
                pieces.Add(unknown);
                unknown = "";
            }
            if (!isUnknown)
                pieces.Add(piece);
        }
        for (int i = pieces.Count - 1; i >= 0; i--)
        {
            if (_ids.TryGetValue(pieces[i], out int id))
                ids.Add(id);
            else if (_bytes(pieces[i]) is { } bytes)
                ids.AddRange(bytes);
            else
                ids.Add(_unknown ?? throw new ArgumentException($"The tokenizer has neither a piece for '{pieces[i]}' nor an unknown token.", nameof(word)));
        }
    }
}
