namespace PruneTasks.Text;

/// <summary>
/// The unigram model (Kudo 2018; huggingface/tokenizers, models/unigram): of all ways to split a word into pieces the one with the largest sum of scores,
/// found from left to right (Viterbi). A character without a piece scores 10 less than the worst piece; neighbours without one are one unknown.
/// </summary>
internal sealed class UnigramModel : IPieceModel
{
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> _ids;
    private readonly PieceTrie _pieces = new();
    private readonly IReadOnlyList<double> _scores;
    private readonly Func<string, int[]?> _bytes;
    private readonly int? _unknown;
    private readonly double _unknownScore;
    private readonly bool _single;

    /// <exception cref="FormatException">Vocabulary and scores are not of one length.</exception>
    public UnigramModel(TokenizerDefinition definition, Dictionary<string, int> ids, Func<string, int[]?> bytes)
    {
        if (definition.Scores.Count == 0 || definition.Scores.Count != definition.Tokens.Count)
            throw new FormatException("The vocabulary and its scores are not of one length.");
        (_ids, _scores, _bytes, _unknown, _single) = (ids, definition.Scores, bytes, definition.Unknown, definition.SentencePiece);
        double worst = double.PositiveInfinity;
        foreach ((string piece, int id) in ids)
        {
            bool isPiece = piece.Length > 0 && (!_single || (id != _unknown && piece is not ['<', '0', 'x', _, _, '>']));
            if (isPiece)
                _pieces.Add(piece, id);
            if (isPiece || !_single)
                worst = Math.Min(worst, _scores[id]);
        }
        _unknownScore = worst - UnknownPenalty;
    }

    /// <inheritdoc/>
    public void Split(string word, List<int> ids)
    {
        // Known is the piece's id; -1 for an unknown character.
        var best = new (double Score, int From, int Known)[word.Length + 1];
        for (int i = 1; i < best.Length; i++)
            best[i].From = -1;
        for (int at = 0; at < word.Length;)
        {
            int character = char.IsHighSurrogate(word[at]) && at + 1 < word.Length ? 2 : 1;
            bool single = false;
            int node = 0;
            for (int to = at; to < word.Length && _pieces.Step(ref node, word[to]); to++)
            {
                if (_pieces.At(node) is not (>= 0 and var id))
                    continue;
                Offer(to + 1, _scores[id], id);
                single |= to + 1 - at == character;
            }
            if (!single)
                Offer(at + character, _unknownScore, -1);
            at += character;

            void Offer(int to, double score, int known)
            {
                double sum = best[at].Score + score;
                // SentencePiece keeps sums in single precision, but compares them before: which of equal splits wins depends on it.
                if (best[to].From < 0 || sum > best[to].Score)
                    best[to] = (_single ? (float)sum : sum, at, known);
            }
        }
        List<(int From, int To, int Id)> pieces = [];
        for (int to = word.Length; to > 0; to = best[to].From)
        {
            int id = best[to].Known == _unknown ? -1 : best[to].Known;
            if (id < 0 && pieces.Count > 0 && pieces[^1].Id < 0)
                pieces[^1] = (best[to].From, pieces[^1].To, -1);
            else
                pieces.Add((best[to].From, to, id));
        }
        for (int i = pieces.Count - 1; i >= 0; i--)
        {
            (int from, int to, int id) = pieces[i];
            if (id >= 0 || _ids.TryGetValue(word[from..to], out id))
                ids.Add(id);
            else if (_bytes(word[from..to]) is { } bytes)
                ids.AddRange(bytes);
            else
                ids.Add(_unknown ?? throw new ArgumentException($"The tokenizer has neither a piece for '{word[from..to]}' nor an unknown token.", nameof(word)));
        }
    }
}
