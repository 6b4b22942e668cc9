namespace PruneTasks.Pruning;

/// <summary>Units of one site between two steps: removed ones are gone for good, barred ones may not go in the next step.</summary>
/// <param name="Units">All units of the site.</param>
/// <param name="Removed">Ascending.</param>
/// <param name="Barred">Restored in the last step, ascending.</param>
public sealed record UnitBuffer(int Units, IReadOnlyList<int> Removed, IReadOnlyList<int> Barred)
{
    /// <summary>A site of which nothing has gone.</summary>
    public static UnitBuffer Full(int units) => new(units, [], []);

    /// <summary>Units that are not removed, ascending.</summary>
    public IReadOnlyList<int> Live => [.. Enumerable.Range(0, Units).Except(Removed)];

    /// <summary>
    /// Units that go into the buffer: those to be removed in this step, and <paramref name="capacity"/> times as many. At least one unit stays outside.
    /// Barred units go only where the step cannot be made without them, and never to overshoot.
    /// </summary>
    /// <param name="order">Live units, those to go first first.</param>
    /// <param name="keep">Units that stay after the step.</param>
    /// <param name="capacity">Overshoot as a share of the step, 0 or more.</param>
    /// <returns>In the order in which they would go.</returns>
    public IReadOnlyList<int> Overshoot(IReadOnlyList<int> order, int keep, double capacity)
    {
        int step = Units - Removed.Count - keep;
        if (step <= 0) return [];
        int[] free = [.. order.Except(Barred)];
        int extra = Math.Min((int)Math.Ceiling(capacity * step), keep - 1);
        return [.. free.Concat(order.Where(Barred.Contains)).Take(Math.Max(step, Math.Min(step + extra, free.Length)))];
    }

    /// <summary>Removes some of the buffered units; the others are restored and barred for one step.</summary>
    /// <param name="committed">Units that go.</param>
    /// <param name="restored">Units that stay.</param>
    public UnitBuffer After(IReadOnlyList<int> committed, IReadOnlyList<int> restored) =>
        new(Units, [.. Removed.Concat(committed).Order()], [.. restored.Order()]);
}
