using PruneTasks.Pruning;

namespace PruneTasks.Torch.Building;

/// <summary>One site during one step.</summary>
/// <param name="site">The site.</param>
/// <param name="before">Its units before the step.</param>
/// <param name="keep">Units that stay after it.</param>
/// <param name="anew">The ranks of attention are cut from the old weights again, so that all their units take part.</param>
internal sealed class BufferedSite(PruneSite site, UnitBuffer before, int keep, bool anew)
{
    /// <summary>The site.</summary>
    public PruneSite Site => site;

    /// <summary>Units before the step. Directions that are computed anew come in order of what they carry: the last ones are those that have gone.</summary>
    public UnitBuffer Before { get; } = site is FfnSite || !anew ? before : new UnitBuffer(before.Units, [.. Enumerable.Range(before.Units - before.Removed.Count, before.Removed.Count)], []);

    /// <summary>Units that the compression sees; <see langword="null"/> for all.</summary>
    public IReadOnlyList<int>? Seen => site is FfnSite || !anew ? Before.Live : null;

    /// <summary>Units that stay after the step.</summary>
    public int Keep => keep;

    /// <summary>Units that go in this step.</summary>
    public int Going => Before.Units - Before.Removed.Count - keep;

    /// <summary>Half-gated units with their local regrets.</summary>
    public IReadOnlyList<BufferedUnit> Buffered { get; set; } = [];

    /// <summary>The gates; set with <see cref="Buffered"/>.</summary>
    public UnitGate? Gate { get; set; }

    /// <summary>What becomes of the buffer.</summary>
    public Settlement Settlement { get; set; } = new([], [], 0);

    /// <summary>Unexplained share of the site's target.</summary>
    public double Error { get; set; }

    /// <summary>
    /// Units after the step. Only neurons are barred: the directions of a rank are computed anew in each step, so that an index means another one then.
    /// </summary>
    public UnitBuffer After => Before.After(Settlement.Committed, site is FfnSite ? Settlement.Restored : []);

    /// <summary>Half-gates the units that are to go.</summary>
    /// <param name="order">Live units, those to go first first.</param>
    /// <param name="capacity">Overshoot as a share of the step.</param>
    /// <returns>(units outside the buffer, ascending; units in it)</returns>
    public (int[] Kept, int[] Gated) Fill(IReadOnlyList<int> order, double capacity)
    {
        int[] gated = [.. Before.Overshoot(order, keep, capacity)];
        return ([.. Before.Live.Except(gated)], gated);
    }
}
