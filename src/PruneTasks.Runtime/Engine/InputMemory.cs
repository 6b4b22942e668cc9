namespace PruneTasks.Runtime;

/// <summary>The bytes of the first inputs of a call, still unpinned. Spans cannot be put into an array, hence the fields.</summary>
internal ref struct InputMemory
{
    /// <summary>Inputs that are passed without copying; models with more have the rest copied.</summary>
    public const int Capacity = 8;

    private ReadOnlySpan<byte> _0;
    private ReadOnlySpan<byte> _1;
    private ReadOnlySpan<byte> _2;
    private ReadOnlySpan<byte> _3;
    private ReadOnlySpan<byte> _4;
    private ReadOnlySpan<byte> _5;
    private ReadOnlySpan<byte> _6;
    private ReadOnlySpan<byte> _7;

    public readonly ReadOnlySpan<byte> Get(int index) => index switch
    {
        0 => _0,
        1 => _1,
        2 => _2,
        3 => _3,
        4 => _4,
        5 => _5,
        6 => _6,
        7 => _7,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public void Set(int index, ReadOnlySpan<byte> bytes)
    {
        switch (index)
        {
            case 0: _0 = bytes; break;
            case 1: _1 = bytes; break;
            case 2: _2 = bytes; break;
            case 3: _3 = bytes; break;
            case 4: _4 = bytes; break;
            case 5: _5 = bytes; break;
            case 6: _6 = bytes; break;
            case 7: _7 = bytes; break;
            default: throw new ArgumentOutOfRangeException(nameof(index));
        }
    }
}
