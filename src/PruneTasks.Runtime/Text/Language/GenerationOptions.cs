namespace PruneTasks;

/// <summary>How a language model picks tokens. The defaults take the likeliest token each time.</summary>
public sealed record GenerationOptions
{
    private readonly int _maxNewTokens = 128;
    private readonly float _temperature;
    private readonly int _topK;
    private readonly float _topP = 1;

    /// <summary>Most tokens that are written, at least 1. The session's length ends an answer too.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int MaxNewTokens
    {
        get => _maxNewTokens;
        init => _maxNewTokens = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least 1.");
    }

    /// <summary>Divides the scores before softmax: 0 takes the likeliest token, 1 draws as the model says, more is wilder.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or no number.</exception>
    public float Temperature
    {
        get => _temperature;
        init => _temperature = value >= 0 && float.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "0 or more.");
    }

    /// <summary>Only this many likeliest tokens are drawn from; 0 is all (Fan et al. 2018, arXiv 1805.04833).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int TopK
    {
        get => _topK;
        init => _topK = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "0 or more.");
    }

    /// <summary>Only the fewest likeliest tokens with this much probability together are drawn from; 1 is all (Holtzman et al. 2020, arXiv 1904.09751).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0 and at most 1.</exception>
    public float TopP
    {
        get => _topP;
        init => _topP = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Above 0 and at most 1.");
    }

    /// <summary>Seed of the draws: the same seed, model and prompt give the same tokens on one machine. Null draws anew each time.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Ids that end the answer and are not part of it; null for those of the spec or the tokenizer.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }
}
