namespace PersonalVision.Trainer.Drawing;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): a seeded stream that is the same on every runtime, unlike System.Random.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A dice whose stream depends on all the given numbers and on their order.</summary>
    public static Dice Of(params ReadOnlySpan<ulong> parts)
    {
        var state = 0x243F6A8885A308D3UL;
        foreach (var part in parts)
            state = Mix(state ^ Mix(part + 0x9E3779B97F4A7C15UL));
        return new Dice(state);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [low, high).</summary>
    public float Between(float low, float high) => low + (high - low) * Unit();

    /// <summary>Uniform integer in [0, count).</summary>
    public int Below(int count) => (int)((Next() >> 33) * (ulong)count >> 31);

    /// <summary>True with the given probability.</summary>
    public bool Chance(float probability) => Unit() < probability;

    /// <summary>Standard normal, from the sum of twelve uniforms: exact enough for noise, and free of library functions.</summary>
    public float Normal()
    {
        var sum = -6f;
        for (var i = 0; i < 12; i++)
            sum += Unit();
        return sum;
    }

    private ulong Next() => Mix(_state += 0x9E3779B97F4A7C15UL);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
