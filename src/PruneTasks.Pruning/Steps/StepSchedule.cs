namespace PruneTasks.Pruning;

/// <summary>How much of a plan's removal is done after each step.</summary>
/// <remarks>Cubic: fast while there is much to spare, slow towards the end (Zhu and Gupta, "To prune, or not to prune", 2017, eq. 1).</remarks>
public static class StepSchedule
{
    /// <summary>s_t / s_f = 1 − (1 − t/T)³: share of the removal that is done after step <paramref name="step"/> of <paramref name="steps"/>.</summary>
    public static double Share(int step, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        double left = 1 - ((double)Math.Clamp(step, 0, steps) / steps);
        return 1 - (left * left * left);
    }

    /// <summary>The first share of the schedule beyond <paramref name="reached"/>; 1 at the end.</summary>
    public static double Next(double reached, int steps) =>
        Enumerable.Range(1, steps).Select(t => Share(t, steps)).First(share => share > reached + 1e-9 || share >= 1);

    /// <summary>Widths when <paramref name="share"/> of the removal is done.</summary>
    /// <param name="final">The plan in the end.</param>
    /// <param name="share">0 to 1.</param>
    /// <param name="align">See <see cref="WidthGrid"/>; a width that lies between two of the grid is rounded up, so that no step takes more than its share.</param>
    /// <param name="present">Widths before the step; none becomes wider.</param>
    /// <param name="frozen">Indices of sites that keep their width.</param>
    public static PrunePlan At(PrunePlan final, double share, int align, PrunePlan present, IReadOnlySet<int> frozen) => final with
    {
        Sites = [.. final.Sites.Select((site, i) => site with { Keep = frozen.Contains(i) ? present.Sites[i].Keep : Keep(site, share, align, present.Sites[i].Keep) })],
    };

    /// <summary>The same sites with all their units.</summary>
    public static PrunePlan Untouched(PrunePlan plan) => plan with { Sites = [.. plan.Sites.Select(site => site with { Keep = site.Site.Units })] };

    private static int Keep(SitePlan final, double share, int align, int present)
    {
        double wanted = final.Site.Units - (share * final.Remove);
        int grid = WidthGrid.Of(final.Site, align).First(width => width >= wanted - 1e-9);
        return Math.Min(present, share >= 1 ? final.Keep : Math.Max(final.Keep, grid));
    }
}
