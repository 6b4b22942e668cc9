namespace PruneTasks.Pruning;

/// <summary>One random set of groups that are compressed together.</summary>
/// <param name="Groups">Indices of groups, ascending, none twice.</param>
/// <param name="Permutation">The permutation from which the set was cut: probes of one permutation share no group, so they are left out or drawn together.</param>
public sealed record Probe(IReadOnlyList<int> Groups, int Permutation);

/// <summary>
/// Column-balanced random sets: permutations of all groups, one after the other, cut into slices of w = ⌈share · n⌉. Every group is in equally
/// many probes (up to one), so every price is measured equally well.
/// </summary>
/// <param name="GroupCount">n.</param>
/// <param name="Probes">The sets, all of the same size. The first m of them are a design too.</param>
public sealed record ProbeDesign(int GroupCount, IReadOnlyList<Probe> Probes)
{
    /// <summary>Draws a design.</summary>
    /// <param name="groups">n ≥ 1.</param>
    /// <param name="share">Share of the groups in one probe, above 0 and at most 1.</param>
    /// <param name="count">Number of probes.</param>
    /// <param name="seed">The same seed gives the same design.</param>
    public static ProbeDesign Create(int groups, double share, int count, int seed)
    {
        if (groups < 1) throw new ArgumentOutOfRangeException(nameof(groups));
        if (share is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share));
        int width = (int)Math.Ceiling((share * groups) - 1e-9);
        SplitMix random = new(seed);
        List<Probe> probes = [];
        List<int> left = [];
        for (int permutation = 0; probes.Count < count; permutation++)
        {
            // What is left of the last permutation opens the first slice; its groups may not come twice in it.
            int[] order = random.Permutation(groups);
            HashSet<int> carried = [.. left];
            int fill = carried.Count == 0 ? 0 : width - carried.Count;
            int[] filling = [.. order.Where(g => !carried.Contains(g)).Take(fill)];
            List<int> queue = [.. left, .. filling, .. order.Except(filling)];
            int at = 0;
            for (; at + width <= queue.Count && probes.Count < count; at += width) probes.Add(new Probe([.. queue.Skip(at).Take(width).Order()], permutation));
            left = queue[at..];
        }
        return new ProbeDesign(groups, probes);
    }

    /// <summary>The first <paramref name="count"/> probes.</summary>
    public ProbeDesign Take(int count) => this with { Probes = [.. Probes.Take(count)] };

    /// <summary>Probes that sparse recovery asks for: 3 k ln(n / k) with k = n / 4 groups that matter, at least 8.</summary>
    /// <remarks>Candès, Romberg and Tao 2006 give the form; the factor 3 is measured (docs/decisions/0011).</remarks>
    public static int Recommended(int groups) => Math.Max(8, (int)Math.Ceiling(3 * groups / 4.0 * Math.Log(4)));
}
