namespace PruneTasks.Pruning;

/// <summary>Numbers of units that a site may keep.</summary>
public static class WidthGrid
{
    /// <summary>All multiples of the alignment for feed-forward widths and channels, every rank and every number of key and value groups from 1 for attention; always also the dense size. Ascending.</summary>
    /// <param name="site">The site.</param>
    /// <param name="align">Feed-forward widths and channels are multiples of this; of half, a quarter of it and so on where fewer than four would be left.</param>
    /// <param name="least">No fewer units than this.</param>
    public static IReadOnlyList<int> Of(PruneSite site, int align, int least = 1)
    {
        int step = site switch
        {
            { Kind: UnitKind.Ffn } => Math.Max(1, align),
            ChannelSite { Kind: UnitKind.Channel } channels => ChannelStep(channels, align),
            _ => 1,
        };
        List<int> widths = [];
        for (int keep = step; keep < site.Units; keep += step)
            if (keep >= least) widths.Add(keep);
        widths.Add(site.Units);
        return widths;
    }

    private static int ChannelStep(ChannelSite site, int align)
    {
        // A unit may be several channels, as a group of a grouped convolution is.
        int channels = Math.Max(1, site.Affected.Min(a => a.UnitOf.Count(u => u == 0)));
        int step = Math.Max(1, align / channels);
        while (step > 1 && site.Units / step < 4) step /= 2;
        return step;
    }

    /// <summary>The widest entry that is not wider than <paramref name="keep"/>, or the narrowest of all.</summary>
    public static int Floor(IReadOnlyList<int> widths, double keep) => widths.LastOrDefault(w => w <= keep + 1e-9, widths[0]);
}
