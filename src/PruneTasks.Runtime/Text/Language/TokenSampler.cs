namespace PruneTasks.Text;

/// <summary>Picks the next token from the scores. Allocates only when it is made, and when a vocabulary turns out larger.</summary>
internal sealed class TokenSampler(GenerationOptions options)
{
    private float[] _keys = [];
    private int[] _ids = [];
    private ulong _state = options.Seed ?? (ulong)Random.Shared.NextInt64();

    /// <summary>The id of the next token.</summary>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Run"/>: no score is a number.</exception>
    public int Next(ReadOnlySpan<float> scores)
    {
        int best = Best(scores);
        if (options.Temperature == 0 || options.TopK == 1)
            return best;
        if (_keys.Length < scores.Length)
        {
            _keys = new float[scores.Length];
            _ids = new int[scores.Length];
        }
        Span<float> keys = _keys.AsSpan(0, scores.Length);
        Span<int> ids = _ids.AsSpan(0, scores.Length);
        for (int i = 0; i < keys.Length; i++)
        {
            // Ascending by key is descending by score; what is no number comes last.
            keys[i] = float.IsNaN(scores[i]) ? float.PositiveInfinity : -scores[i];
            ids[i] = i;
        }
        keys.Sort(ids, static (a, b) => a.CompareTo(b));
        int count = options.TopK == 0 ? keys.Length : Math.Min(options.TopK, keys.Length);
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += Weight(i, scores[best]);
        double nucleus = 0;
        int kept = 0;
        while (kept < count && nucleus < options.TopP * sum)
            nucleus += Weight(kept++, scores[best]);
        double draw = Draw() * nucleus;
        for (int i = 0; i < kept; i++)
        {
            draw -= Weight(i, scores[best]);
            if (draw < 0)
                return ids[i];
        }
        return ids[Math.Max(kept - 1, 0)];
    }

    /// <summary>The likeliest token; of equals the first.</summary>
    public static int Best(ReadOnlySpan<float> scores)
    {
        int best = -1;
        for (int i = 0; i < scores.Length; i++)
        {
            if (!float.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best]))
                best = i;
        }
        return best >= 0 ? best : throw new ModelException(ModelErrorKind.Run, "The model gave no score that is a number.");
    }

    private double Weight(int rank, float largest) => Math.Exp((-_keys[rank] - largest) / (double)options.Temperature);

    // SplitMix64 (Steele, Lea and Flood 2014): small, and the same in every version of .NET, which System.Random does not promise.
    private double Draw()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
