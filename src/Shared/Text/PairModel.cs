using System.Text;

namespace PruneTasks.Text;

/// <summary>
/// Byte-pair encoding over characters (huggingface/tokenizers, models/bpe): of all neighbours the pair whose merge ranks first is joined, the leftmost of
/// equals, until none is left. A character without a piece becomes its bytes, or the unknown token.
/// </summary>
internal sealed class PairModel : IPieceModel
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Joined)> _merges = [];
    private readonly Func<string, int[]?> _bytes;
    private readonly int? _unknown;
    private readonly bool _fuse;
    private readonly bool _wholeWords;

    public PairModel(TokenizerDefinition definition, Dictionary<string, int> ids, Func<string, int[]?> bytes)
    {
        (_ids, _bytes, _fuse, _wholeWords) = (ids, bytes, definition.FuseUnknown, definition.WholeWords);
        _unknown = definition.Unknown is { } unknown ? ids.TryGetValue(unknown, out int id) ? id : throw new FormatException($"The unknown token '{unknown}' is not in the vocabulary.") : null;
        for (int rank = 0; rank < definition.Merges.Count; rank++)
        {
            string[] pair = definition.Merges[rank].Split(' ');
            if (pair.Length != 2 || !ids.TryGetValue(pair[0], out int left) || !ids.TryGetValue(pair[1], out int right) || !ids.TryGetValue(pair[0] + pair[1], out int joined))
                throw new FormatException($"The merge '{definition.Merges[rank]}' is not of tokens in the vocabulary.");
            _merges[(left, right)] = (rank, joined);
        }
    }

    /// <inheritdoc/>
    public void Split(string word, List<int> ids)
    {
        if (_wholeWords && _ids.TryGetValue(word, out int whole))
            ids.Add(whole);
        else
            ids.AddRange(Join(Characters(word)));
    }

    private List<int> Characters(string word)
    {
        List<int> symbols = [];
        bool pending = false;
        foreach (Rune rune in word.EnumerateRunes())
        {
            string character = rune.ToString();
            if (_ids.TryGetValue(character, out int id))
            {
                if (pending)
                    symbols.Add(_unknown!.Value);
                pending = false;
                symbols.Add(id);
            }
            else if (_bytes(character) is { } bytes)
            {
                symbols.AddRange(bytes);
            }
            else if (_unknown is { } unknown)
            {
                if (pending && !_fuse)
                    symbols.Add(unknown);
                pending = true;
            }
        }
        if (pending)
            symbols.Add(_unknown!.Value);
        return symbols;
    }

    private IEnumerable<int> Join(List<int> symbols)
    {
        int count = symbols.Count;
        int[] next = [.. Enumerable.Range(1, count)], before = [.. Enumerable.Range(-1, count)];
        var queue = new PriorityQueue<(int At, int Left, int Right, int Joined), (int Rank, int At)>();
        for (int i = 0; i + 1 < count; i++)
            Offer(i, i + 1);
        while (queue.TryDequeue(out (int At, int Left, int Right, int Joined) pair, out _))
        {
            int right = symbols[pair.At] == pair.Left ? next[pair.At] : count;
            // What was joined in the meantime is not the pair that was offered.
            if (right >= count || symbols[right] != pair.Right)
                continue;
            symbols[pair.At] = pair.Joined;
            symbols[right] = -1;
            next[pair.At] = next[right];
            if (next[right] < count)
                before[next[right]] = pair.At;
            if (before[pair.At] >= 0)
                Offer(before[pair.At], pair.At);
            if (next[pair.At] < count)
                Offer(pair.At, next[pair.At]);
        }
        return symbols.Where(symbol => symbol >= 0);

        void Offer(int left, int right)
        {
            if (_merges.TryGetValue((symbols[left], symbols[right]), out (int Rank, int Joined) merge))
                queue.Enqueue((left, symbols[left], symbols[right], merge.Joined), (merge.Rank, left));
        }
    }
}
