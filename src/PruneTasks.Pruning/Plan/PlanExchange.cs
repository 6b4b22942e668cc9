namespace PruneTasks.Pruning;

/// <summary>Improves a plan that meets its bounds: widens one site, or widens one and narrows another, as long as the sum of prices falls.</summary>
internal static class PlanExchange
{
    // Steps along the grid of widths that one exchange may take; more was never needed against brute force (PlannerTests).
    private const int Reach = 4;
    private const int Rounds = 200;

    /// <summary>Widths that are no dearer than <paramref name="start"/> and meet the bounds as it does.</summary>
    public static int[] Improve(PlanProblem problem, int[] start)
    {
        int[] keep = [.. start];
        for (int round = 0; round < Rounds; round++)
        {
            if (Best(problem, keep) is not { } better) break;
            keep = better;
        }
        return keep;
    }

    /// <summary>The first site pair, in order, has the say between equals: the outcome does not depend on anything but the problem.</summary>
    private static int[]? Best(PlanProblem problem, int[] keep)
    {
        double bar = -1e-12 * problem.Price(keep);
        double[] room = [.. problem.Bounds.Select((b, i) => b.Share - b.Start + keep.Select((k, s) => problem.Saved(i, s, k)).Sum())];
        int[]? best = null;
        for (int a = 0; a < keep.Length; a++)
        {
            foreach (int wide in Steps(problem, keep, a, 1))
            {
                double gain = Price(a, wide) - Price(a, keep[a]);
                if (gain >= 0) continue;
                Try(a, wide, a, wide, gain);
                for (int b = 0; b < keep.Length; b++)
                {
                    if (b == a) continue;
                    foreach (int narrow in Steps(problem, keep, b, -1)) Try(a, wide, b, narrow, gain + Price(b, narrow) - Price(b, keep[b]));
                }
            }
        }
        return best;

        double Price(int site, int width) => problem.Sites[site].Curve.Prices[width];

        void Try(int a, int wide, int b, int narrow, double change)
        {
            if (change >= bar || (!problem.Overlaps && !Fits(a, wide, b, narrow))) return;
            int[] candidate = [.. keep];
            (candidate[a], candidate[b]) = (wide, narrow);
            if (problem.Limits.IsMet(problem.Plan(candidate))) (bar, best) = (change, candidate);
        }

        // Only to spare the exact check where the sum already says no.
        bool Fits(int a, int wide, int b, int narrow)
        {
            for (int i = 0; i < room.Length; i++)
            {
                double lost = problem.Saved(i, a, keep[a]) - problem.Saved(i, a, wide);
                if (b != a) lost += problem.Saved(i, b, keep[b]) - problem.Saved(i, b, narrow);
                if (lost > room[i] + 1e-9) return false;
            }
            return true;
        }
    }

    /// <summary>The next widths up or down. A site without units stays so: bringing a module back is for the planner, with both of its ranks.</summary>
    private static IEnumerable<int> Steps(PlanProblem problem, int[] keep, int site, int direction)
    {
        IReadOnlyList<int> widths = problem.Widths[site];
        int at = -1;
        for (int i = 0; i < widths.Count; i++)
            if (widths[i] == keep[site]) at = i;
        if (at < 0) yield break;
        for (int step = 1; step <= Reach && at + (step * direction) is var i && i >= 0 && i < widths.Count; step++) yield return widths[i];
    }
}
