namespace PruneTasks.Pruning;

/// <summary>Numbers of units that a site may keep.</summary>
public static class WidthGrid
{
    /// <summary>
    /// All multiples of the alignment for feed-forward widths and channels, every rank from 1 for attention; always also the dense size. Ascending.
    /// Sites of few channels get a finer step: a quarter of them at most, in halves of the alignment.
    /// </summary>
    /// <param name="site">The site.</param>
    /// <param name="align">Feed-forward widths and channels are multiples of this.</param>
    /// <param name="least">No fewer units than this.</param>
    public static IReadOnlyList<int> Of(PruneSite site, int align, int least = 1)
    {
        int step = site.Kind is UnitKind.Ffn or UnitKind.Channel ? Math.Max(1, align) : 1;
        while (site.Kind == UnitKind.Channel && step > 1 && step * 4 > site.Units) step /= 2;
        List<int> widths = [];
        for (int keep = step; keep < site.Units; keep += step)
            if (keep >= least) widths.Add(keep);
        widths.Add(site.Units);
        return widths;
    }

    /// <summary>The widest entry that is not wider than <paramref name="keep"/>, or the narrowest of all.</summary>
    public static int Floor(IReadOnlyList<int> widths, double keep) => widths.LastOrDefault(w => w <= keep + 1e-9, widths[0]);
}
