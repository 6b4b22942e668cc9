namespace PruneTasks.Text;

/// <summary>
/// Joins neighbours until none can be: first the pair of the lowest rank, the leftmost of equals. Few symbols are looked through again after each join, which
/// needs no memory; of many a queue keeps the order, so that time does not grow with the square of their number.
/// </summary>
/// <typeparam name="TPairs">Knows which neighbours can be joined.</typeparam>
internal static class PairJoiner<TPairs>
    where TPairs : struct, IPairs
{
    private const int Few = 40;

    /// <summary>Joins, in place.</summary>
    public static void Join(List<int> symbols, TPairs pairs)
    {
        if (symbols.Count <= Few)
            Scan(symbols, pairs);
        else
            Queue(symbols, pairs);
    }

    private static void Scan(List<int> symbols, TPairs pairs)
    {
        Span<int> ranks = stackalloc int[Few], joined = stackalloc int[Few];
        for (int i = 0; i + 1 < symbols.Count; i++)
            Look(i, ranks, joined);
        while (symbols.Count > 1)
        {
            int best = ranks[..(symbols.Count - 1)].IndexOf(Lowest(ranks[..(symbols.Count - 1)]));
            if (ranks[best] == int.MaxValue)
                return;
            symbols[best] = joined[best];
            symbols.RemoveAt(best + 1);
            int last = symbols.Count - 1;
            if (best < last)
            {
                ranks[(best + 2)..(last + 1)].CopyTo(ranks[(best + 1)..]);
                joined[(best + 2)..(last + 1)].CopyTo(joined[(best + 1)..]);
                Look(best, ranks, joined);
            }
            if (best > 0)
                Look(best - 1, ranks, joined);
        }

        void Look(int at, Span<int> ranks, Span<int> joined)
        {
            (int rank, int id) = pairs.Of(symbols[at], symbols[at + 1]) ?? (int.MaxValue, -1);
            (ranks[at], joined[at]) = (rank, id);
        }
    }

    private static int Lowest(ReadOnlySpan<int> ranks)
    {
        int lowest = int.MaxValue;
        foreach (int rank in ranks)
            lowest = Math.Min(lowest, rank);
        return lowest;
    }

    private static void Queue(List<int> symbols, TPairs pairs)
    {
        int count = symbols.Count;
        int[] next = new int[count], before = new int[count];
        for (int i = 0; i < count; i++)
            (next[i], before[i]) = (i + 1, i - 1);
        var queue = new PriorityQueue<(int At, int Left, int Right, int Joined), (int Rank, int At)>(count);
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
        symbols.RemoveAll(symbol => symbol == -1);

        void Offer(int left, int right)
        {
            if (pairs.Of(symbols[left], symbols[right]) is { } pair)
                queue.Enqueue((left, symbols[left], symbols[right], pair.Joined), (pair.Rank, left));
        }
    }
}

/// <summary>Knows which neighbours can be joined.</summary>
internal interface IPairs
{
    /// <summary>The rank of a pair, the lowest first, and what it becomes; null for one that is none. Symbols are not -1.</summary>
    (int Rank, int Joined)? Of(int left, int right);
}
