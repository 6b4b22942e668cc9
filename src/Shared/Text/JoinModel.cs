namespace PruneTasks.Text;

/// <summary>
/// Byte-pair encoding without a list of merges: neighbours are joined where both together are a piece, the best piece first. Best is the lowest id in
/// tiktoken, and the highest score in SentencePiece.
/// </summary>
internal sealed class JoinModel : IPieceModel
{
    private readonly Dictionary<string, int> _ids;
    private readonly int[] _ranks;
    private readonly Func<string, int[]?> _bytes;
    private readonly TokenizerDefinition _definition;
    private readonly HashSet<int> _joinable = [];

    /// <exception cref="FormatException">Vocabulary and scores are not of one length.</exception>
    public JoinModel(TokenizerDefinition definition, Dictionary<string, int> ids, Func<string, int[]?> bytes)
    {
        (_definition, _ids, _bytes) = (definition, ids, bytes);
        _ranks = [.. Enumerable.Range(0, definition.Tokens.Count)];
        if (definition.Scores.Count > 0)
        {
            if (definition.Scores.Count != definition.Tokens.Count)
                throw new FormatException("The vocabulary and its scores are not of one length.");
            Dictionary<double, int> places = [];
            foreach (double score in definition.Scores.Distinct().OrderDescending())
                places.Add(score, places.Count);
            _ranks = [.. definition.Scores.Select(score => places[score])];
        }
        foreach ((string token, int id) in ids)
        {
            if (!definition.SentencePiece || bytes("\0") is null || !IsByte(token))
                _joinable.Add(id);
        }
    }

    /// <inheritdoc/>
    public void Split(string word, List<int> ids)
    {
        if (_definition.WholeWords && _ids.TryGetValue(word, out int whole))
        {
            ids.Add(whole);
            return;
        }
        Spans spans = new(this, word, []);
        List<int> symbols = new(word.Length);
        for (int at = 0; at < word.Length;)
        {
            int length = char.IsHighSurrogate(word[at]) && at + 1 < word.Length ? 2 : 1;
            symbols.Add(spans.Add(at, length));
            at += length;
        }
        PairJoiner<Spans>.Join(symbols, spans);
        bool unknown = false;
        foreach (int symbol in symbols)
        {
            (int from, int length, int id) = spans.All[symbol];
            if (id >= 0)
                ids.Add(id);
            else if (_bytes(word.Substring(from, length)) is { } bytes)
                ids.AddRange(bytes);
            else if (!unknown || !_definition.FuseUnknown)
                ids.Add(_definition.Unknown ?? throw new ArgumentException($"The tokenizer has neither a piece for '{word.Substring(from, length)}' nor an unknown token.", nameof(word)));
            unknown = id < 0;
        }
    }

    // <0x00> to <0xFF> of SentencePiece stand for bytes alone.
    private static bool IsByte(string token) => token is ['<', '0', 'x', _, _, '>'];

    /// <summary>Parts of one word: a symbol is the number of a part.</summary>
    private readonly struct Spans(JoinModel model, string word, List<(int From, int Length, int Id)> all) : IPairs
    {
        public List<(int From, int Length, int Id)> All => all;

        public int Add(int from, int length)
        {
            all.Add((from, length, Find(from, length)));
            return all.Count - 1;
        }

        public (int Rank, int Joined)? Of(int left, int right)
        {
            int from = all[left].From, length = all[left].Length + all[right].Length, id = Find(from, length);
            if (id < 0)
                return null;
            all.Add((from, length, id));
            return (model._ranks[id], all.Count - 1);
        }

        private int Find(int from, int length) => model._ids.TryGetValue(word.Substring(from, length), out int id) && model._joinable.Contains(id) ? id : -1;
    }
}
