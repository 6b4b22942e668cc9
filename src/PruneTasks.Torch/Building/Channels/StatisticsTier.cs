namespace PruneTasks.Torch.Building;

/// <summary>How closely a layer behind channels is looked at.</summary>
internal enum StatisticsTier
{
    /// <summary>Everything that it reads: the Gram matrix of its windows.</summary>
    Windows,

    /// <summary>Channels at one place of the map; the places of the kernel are taken as independent of each other.</summary>
    Channels,

    /// <summary>Mean and variance of each channel alone.</summary>
    Moments,
}

/// <summary>What statistics of channels may cost. Beyond a limit the next tier is taken, so that no layer is too large.</summary>
/// <param name="Windows">Most features of a window: channels times places of the kernel.</param>
/// <param name="Channels">Most channels.</param>
internal sealed record ChannelLimits(int Windows, int Channels)
{
    /// <summary>For the build.</summary>
    public static ChannelLimits Build { get; } = new(2304, 4608);

    /// <summary>For prices: many trials, and less precision is enough.</summary>
    public static ChannelLimits Prices { get; } = new(1152, 2304);

    /// <summary>For the layer behind heads: its rows are as many as those of the other layers of a transformer, whose Gram matrices are kept as well.</summary>
    public static ChannelLimits Heads { get; } = new(int.MaxValue, int.MaxValue);

    /// <summary>Rows wanted of a layer, where there are so many: 16 for each feature, but no more than 16,384 unless 8 for each are more.</summary>
    /// <param name="features">Features.</param>
    public static long RowsFor(long features) => Math.Max(8 * features, Math.Clamp(16 * features, 8192, 16384));

    /// <summary>How many times as much the windows of a sample tell as the tokens of one do (<see cref="BuildSettings.EffectiveRowsPerSample"/>): a kernel sees a small part of a map.</summary>
    public const int WindowShare = 4;

    /// <summary>Tier of a layer.</summary>
    /// <param name="features">Features of a window.</param>
    /// <param name="blocks">Rows of the channel tier.</param>
    public StatisticsTier Of(int features, int blocks) =>
        features <= Windows ? StatisticsTier.Windows : blocks <= Channels ? StatisticsTier.Channels : StatisticsTier.Moments;
}
