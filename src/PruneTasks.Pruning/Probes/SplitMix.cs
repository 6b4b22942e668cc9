namespace PruneTasks.Pruning;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): random numbers that depend on the seed alone, not on a framework's generator.</summary>
internal sealed class SplitMix(int seed)
{
    private ulong _state = (ulong)(uint)seed * 0xD1342543DE82EF95UL;

    /// <summary>A number from 0 to <paramref name="bound"/> − 1. The bias of the remainder is below 2⁻³² for the bounds used here.</summary>
    public int Next(int bound)
    {
        _state += 0x9E3779B97F4A7C15UL;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return (int)((z ^ (z >> 31)) % (ulong)bound);
    }

    /// <summary>0 … <paramref name="count"/> − 1 in random order (Fisher-Yates).</summary>
    public int[] Permutation(int count)
    {
        int[] items = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
        return items;
    }

    /// <summary><paramref name="count"/> draws with replacement from 0 … <paramref name="count"/> − 1.</summary>
    public int[] Resample(int count) => [.. Enumerable.Range(0, count).Select(_ => Next(count))];
}
