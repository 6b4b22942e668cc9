namespace PruneTasks.Worker.Data;

/// <summary>The order in which samples are chosen.</summary>
internal static class SampleOrder
{
    /// <summary>
    /// Each stratum (a class, or all) is shuffled by the seed; then one is taken from each in turn, strata in ordinal order, until none
    /// is left. So every prefix is spread evenly over the classes, as far as they reach.
    /// </summary>
    public static IReadOnlyList<T> Spread<T>(IEnumerable<T> items, Func<T, string> stratum, int seed)
    {
        T[][] strata =
        [
            .. items.GroupBy(stratum, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select((group, i) => Shuffle([.. group], Mix((ulong)(uint)seed + (0x9E3779B97F4A7C15UL * (ulong)(i + 1))))),
        ];
        List<T> order = [];
        for (int round = 0; strata.Any(items => round < items.Length); round++)
            order.AddRange(strata.Where(items => round < items.Length).Select(items => items[round]));
        return order;
    }

    /// <summary>Fisher-Yates with SplitMix64 (Steele, Lea, Flood 2014), so that the order depends on no framework's generator.</summary>
    private static T[] Shuffle<T>(T[] items, ulong state)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            state += 0x9E3779B97F4A7C15UL;
            int j = (int)(Mix(state) % (ulong)(i + 1));
            (items[i], items[j]) = (items[j], items[i]);
        }
        return items;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
