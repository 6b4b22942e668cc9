namespace PruneTasks.Text;

/// <summary>
/// Byte-pair encoding by a list of merges (huggingface/tokenizers, models/bpe), over characters or bytes. A character without a piece becomes its bytes, or
/// the unknown token.
/// </summary>
internal sealed class PairModel : IPieceModel
{
    private readonly Dictionary<string, int> _ids;
    private readonly Pairs _pairs = new([]);
    private readonly int[] _letters = new int[char.MaxValue + 1];
    private readonly Func<string, int[]?> _bytes;
    private readonly TokenizerDefinition _definition;
    private readonly bool _marked;

    /// <exception cref="FormatException">A merge is of tokens that are not in the vocabulary.</exception>
    public PairModel(TokenizerDefinition definition, Dictionary<string, int> ids, Func<string, int[]?> bytes)
    {
        (_definition, _ids, _bytes) = (definition, ids, bytes);
        _marked = definition.Prefix is not null || definition.Suffix is not null;
        for (int i = 0; i < _letters.Length; i++)
            _letters[i] = -1;
        foreach ((string token, int id) in ids)
        {
            if (token.Length == 1)
                _letters[token[0]] = id;
        }
        _pairs.Joined.EnsureCapacity(definition.Merges.Count / 2);
        for (int i = 0; i + 1 < definition.Merges.Count; i += 2)
        {
            (int left, int right) = (definition.Merges[i], definition.Merges[i + 1]);
            if (Token(left) is not { } first || Token(right) is not { } second
                || !ids.TryGetValue(string.Concat(first, definition.Prefix is { } prefix && second.StartsWith(prefix, StringComparison.Ordinal) ? second.AsSpan(prefix.Length) : second), out int joined))
            {
                throw new FormatException($"The merge {i / 2} ('{Token(left)}' and '{Token(right)}') is not of tokens in the vocabulary.");
            }
            // Of equal merges the last counts.
            _pairs.Joined[Pairs.Key(left, right)] = (i / 2, joined);
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
        List<int> symbols = Characters(word);
        PairJoiner<Pairs>.Join(symbols, _pairs);
        ids.AddRange(symbols);
    }

    private string? Token(int id) => id >= 0 && id < _definition.Tokens.Count ? _definition.Tokens[id] : null;

    private List<int> Characters(string word)
    {
        List<int> symbols = new(word.Length);
        bool pending = false;
        for (int at = 0; at < word.Length;)
        {
            int length = char.IsHighSurrogate(word[at]) && at + 1 < word.Length ? 2 : 1;
            int id = _letters[word[at]];
            string? character = null;
            if (length == 2 || _marked || id < 0)
            {
                character = word.Substring(at, length);
                if (at > 0 && _definition.Prefix is { } prefix)
                    character = prefix + character;
                if (at + length == word.Length && _definition.Suffix is { } suffix)
                    character += suffix;
                id = _ids.GetValueOrDefault(character, -1);
            }
            at += length;
            if (id >= 0)
            {
                if (pending)
                    symbols.Add(_definition.Unknown!.Value);
                pending = false;
                symbols.Add(id);
            }
            else if (_bytes(character!) is { } bytes)
            {
                symbols.AddRange(bytes);
            }
            else if (_definition.Unknown is { } unknown)
            {
                if (pending && !_definition.FuseUnknown)
                    symbols.Add(unknown);
                pending = true;
            }
        }
        if (pending)
            symbols.Add(_definition.Unknown!.Value);
        return symbols;
    }

    private readonly struct Pairs(Dictionary<long, (int Rank, int Joined)> joined) : IPairs
    {
        public Dictionary<long, (int Rank, int Joined)> Joined => joined;

        public (int Rank, int Joined)? Of(int left, int right) => joined.TryGetValue(Key(left, right), out (int, int) pair) ? pair : null;

        // Each pair its own number; multiplied, because the hash of a long is its two halves, which would be alike for many pairs.
        public static long Key(int left, int right) => unchecked((long)((((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15UL));
    }
}
