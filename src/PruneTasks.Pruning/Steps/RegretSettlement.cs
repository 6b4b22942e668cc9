namespace PruneTasks.Pruning;

/// <summary>A unit in the buffer and what its return would gain.</summary>
/// <param name="Unit">Its index in the site.</param>
/// <param name="Regret">Rise of the local error that its return would undo, in any unit that all units of one site share.</param>
public sealed record BufferedUnit(int Unit, double Regret);

/// <summary>What becomes of the buffer.</summary>
/// <param name="Committed">Units that go, ascending.</param>
/// <param name="Restored">Units that return, ascending.</param>
/// <param name="Swaps">Pairs for which a measurement overruled the local regret.</param>
public sealed record Settlement(IReadOnlyList<int> Committed, IReadOnlyList<int> Restored, int Swaps);

/// <summary>Decides which buffered units go and which return.</summary>
public static class RegretSettlement
{
    /// <summary>Differences smaller than so many standard errors decide nothing.</summary>
    public const double Errors = 2;

    /// <summary>Commits the units of smallest regret; of equals the first given.</summary>
    /// <param name="buffered">The buffer of one site.</param>
    /// <param name="commit">How many must go.</param>
    /// <param name="measured">
    /// For some units, by sample, how much the answer improves when that unit alone returns. Where a committed unit gains more than a restored one by over two
    /// standard errors of the paired difference, the two change places: fewer held-back samples can veto, but not choose.
    /// </param>
    public static Settlement Settle(IReadOnlyList<BufferedUnit> buffered, int commit, IReadOnlyDictionary<int, IReadOnlyList<double>>? measured = null)
    {
        int[] order = [.. buffered.OrderBy(b => b.Regret).Select(b => b.Unit)];
        List<int> committed = [.. order.Take(commit)], restored = [.. order.Skip(commit)];
        int swaps = 0;
        while (measured is not null && swaps < buffered.Count && Worst() is { } pair)
        {
            committed[committed.IndexOf(pair.Go)] = pair.Stay;
            restored[restored.IndexOf(pair.Stay)] = pair.Go;
            swaps++;
        }
        return new Settlement([.. committed.Order()], [.. restored.Order()], swaps);

        (int Go, int Stay)? Worst()
        {
            double most = Errors;
            (int, int)? worst = null;
            foreach (int go in committed.Where(measured.ContainsKey))
            {
                foreach (int stay in restored.Where(measured.ContainsKey))
                {
                    double significance = SampleMean.Of([.. measured[go].Zip(measured[stay], (a, b) => a - b)]).Significance;
                    if (!(significance > most)) continue;
                    (most, worst) = (significance, (go, stay));
                }
            }
            return worst;
        }
    }

    /// <summary>The units for which a measurement could matter: of each site the last to go and the first to stay, where these are closest.</summary>
    /// <param name="sites">For each site its buffer and how many must go.</param>
    /// <param name="count">Most units that are measured in all.</param>
    /// <returns>(site, unit), in pairs.</returns>
    public static IReadOnlyList<(int Site, int Unit)> AtTheLine(IReadOnlyList<(IReadOnlyList<BufferedUnit> Buffered, int Commit)> sites, int count)
    {
        List<(int Site, int Go, int Stay, double Gap)> pairs = [];
        for (int site = 0; site < sites.Count; site++)
        {
            BufferedUnit[] order = [.. sites[site].Buffered.OrderBy(b => b.Regret)];
            int line = sites[site].Commit;
            for (int k = 0; line - 1 - k >= 0 && line + k < order.Length; k++)
            {
                (BufferedUnit go, BufferedUnit stay) = (order[line - 1 - k], order[line + k]);
                pairs.Add((site, go.Unit, stay.Unit, stay.Regret > 0 ? (stay.Regret - go.Regret) / stay.Regret : 0));
            }
        }
        return [.. pairs.OrderBy(p => p.Gap).Take(count / 2).SelectMany(p => new[] { (p.Site, p.Go), (p.Site, p.Stay) })];
    }
}
