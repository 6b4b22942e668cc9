namespace PruneTasks.Torch.Building;

/// <summary>
/// The features of a layer as channels with equally many features each: the places of a kernel, or the rows that a channel owns in a linear layer behind a Flatten.
/// </summary>
/// <param name="Count">Channels of one group.</param>
/// <param name="Size">Features of each.</param>
/// <param name="Features">[channel · size + i] feature.</param>
internal sealed record ChannelBlocks(int Count, int Size, int[] Features)
{
    /// <summary>Blocks of a layer; rows of a linear layer stand for themselves where units own different numbers of them, or not all have a unit.</summary>
    public static ChannelBlocks Of(ConsumerLayer layer)
    {
        if (!layer.HasRows) return new ChannelBlocks(layer.Inputs, layer.Taps, [.. Enumerable.Range(0, layer.Features)]);
        int[] units = layer.UnitsOf(0);
        if (units.Any(u => u < 0)) return new ChannelBlocks(units.Length, 1, [.. Enumerable.Range(0, units.Length)]);
        int[][] rows = [.. Enumerable.Range(0, units.Length).GroupBy(f => units[f]).OrderBy(g => g.Key).Select(g => g.ToArray())];
        return rows.All(r => r.Length == rows[0].Length)
            ? new ChannelBlocks(rows.Length, rows[0].Length, [.. rows.SelectMany(r => r)])
            : new ChannelBlocks(units.Length, 1, [.. Enumerable.Range(0, units.Length)]);
    }
}
