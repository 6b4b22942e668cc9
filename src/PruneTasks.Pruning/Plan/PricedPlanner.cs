using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A site with what its units cost and what their removal costs.</summary>
public sealed record PricedSite(PruneSite Site, Cost Cost, PriceCurve Curve);

/// <summary>
/// Spends one budget over unlike units: the sum of prices is smallest under the bounds. With one bound a dynamic programme over what is
/// removed; with several, Lagrange multipliers over a grid of their proportions. Either is then improved by exchanges between two sites
/// (<see cref="PlanExchange"/>), which take up what rounding or the gaps of the multipliers left.
/// </summary>
public static class PricedPlanner
{
    private const int Quanta = 4000;

    private const int Corrections = 12;

    /// <summary>Makes the plan.</summary>
    /// <param name="sites">Sites in topological order.</param>
    /// <param name="dense">Cost of the dense model.</param>
    /// <param name="bounds">What may remain.</param>
    /// <param name="align">See <see cref="WidthGrid"/>.</param>
    /// <param name="shared">Layers between two sites (<see cref="SharedLayers"/>).</param>
    /// <returns>The plan, and whether it meets the bounds; if not, it is the smallest model that these sites allow.</returns>
    public static (PrunePlan Plan, bool Met) ByBudget(
        IReadOnlyList<PricedSite> sites, Cost dense, BudgetBounds bounds, int align, IReadOnlyList<SharedLayer>? shared = null) =>
        ByBudget(sites, dense, bounds, new PlanOptions(align) { Shared = shared ?? [] });

    /// <summary>As above, within <paramref name="options"/>.</summary>
    public static (PrunePlan Plan, bool Met) ByBudget(IReadOnlyList<PricedSite> sites, Cost dense, BudgetBounds bounds, PlanOptions options)
    {
        PlanProblem problem = new(sites, dense, bounds, options);
        PrunePlan smallest = problem.Plan(problem.Smallest());
        if (!bounds.IsMet(smallest)) return (smallest, false);
        int[]? keep = problem.Bounds.Count switch
        {
            0 => [.. sites.Select(s => s.Site.Units)],
            1 => ByProgramme(problem) ?? ByMultipliers(problem),
            _ => ByMultipliers(problem),
        };
        return (problem.Plan(PlanExchange.Improve(problem, keep ?? problem.Smallest())), true);
    }

    /// <summary>The sum of the prices of a plan's widths.</summary>
    public static double PriceOf(IReadOnlyList<PricedSite> sites, PrunePlan plan) => PlanProblem.Price(sites, [.. plan.Sites.Select(s => s.Keep)]);

    /// <summary>The programme adds up what the sites save; where they share layers that is too much, so it is asked for as much more.</summary>
    private static int[]? ByProgramme(PlanProblem problem)
    {
        Bound bound = problem.Bounds[0];
        double aim = bound.Share;
        for (int i = 0; i < Corrections; i++)
        {
            int[] keep = Programme(problem, aim);
            PrunePlan plan = problem.Plan(keep);
            if (problem.Limits.IsMet(plan)) return keep;
            aim -= Math.Max(1.0 / Quanta, bound.Reached(plan) - bound.Share);
        }
        return null;
    }

    /// <summary>best[q] = smallest price with which the first sites remove at least q quanta, each 1/4000 of the dense model, rounded down.</summary>
    private static int[] Programme(PlanProblem problem, double share)
    {
        int target = Math.Max(0, (int)Math.Ceiling(((problem.Bounds[0].Start - share) * Quanta) - 1e-9));
        var best = new double[target + 1];
        Array.Fill(best, double.PositiveInfinity, 1, target);
        var choices = new int[problem.Sites.Count][];
        var vanished = new bool[problem.Groups.Count][];
        for (int g = 0; g < problem.Groups.Count; g++)
        {
            double[] before = best;
            foreach (int s in problem.Groups[g].Sites)
            {
                var next = new double[target + 1];
                Array.Fill(next, double.PositiveInfinity);
                choices[s] = new int[target + 1];
                Array.Fill(choices[s], -1);
                foreach (int keep in problem.Widths[s].Reverse())
                    Offer(best, next, Removed(s, keep), problem.Sites[s].Curve.Prices[keep], choices[s], keep);
                best = next;
            }
            vanished[g] = new bool[target + 1];
            if (problem.Groups[g].PriceOfNone is not { } price) continue;
            int all = problem.Groups[g].Sites.Sum(s => Removed(s, 0));
            for (int q = 0; q <= target; q++)
            {
                double candidate = before[Math.Max(0, q - all)] + price;
                if (candidate >= best[q]) continue;
                (best[q], vanished[g][q]) = (candidate, true);
            }
        }
        var chosen = new int[problem.Sites.Count];
        int left = target;
        for (int g = problem.Groups.Count - 1; g >= 0; g--)
        {
            bool none = vanished[g][left];
            foreach (int s in problem.Groups[g].Sites.Reverse())
            {
                // Rounding down can leave the target out of reach by a quantum: then the narrowest width is all there is.
                chosen[s] = none ? 0 : choices[s][left] < 0 ? problem.Widths[s][0] : choices[s][left];
                if (!none) left = Math.Max(0, left - Removed(s, chosen[s]));
            }
            if (none) left = Math.Max(0, left - problem.Groups[g].Sites.Sum(s => Removed(s, 0)));
        }
        return chosen;

        int Removed(int site, int keep) => (int)Math.Floor((problem.Saved(0, site, keep) * Quanta) + 1e-9);
    }

    private static void Offer(double[] best, double[] next, int removed, double price, int[] choices, int keep)
    {
        for (int q = 0; q < next.Length; q++)
        {
            double candidate = best[Math.Max(0, q - removed)] + price;
            if (candidate >= next[q]) continue;
            (next[q], choices[q]) = (candidate, keep);
        }
    }

    private static int[]? ByMultipliers(PlanProblem problem)
    {
        (int[] Keep, double Price)? best = null;
        foreach (double[] mix in Mixes(problem.Bounds.Count))
        {
            double low = 1e-12, high = 1e12;
            for (int i = 0; i < 60; i++)
            {
                double multiplier = Math.Sqrt(low * high);
                int[] keep = Cheapest(problem, mix, multiplier);
                if (!problem.Limits.IsMet(problem.Plan(keep)))
                {
                    low = multiplier;
                    continue;
                }
                high = multiplier;
                double price = problem.Price(keep);
                if (best is null || price < best.Value.Price) best = (keep, price);
            }
        }
        return best?.Keep;
    }

    /// <summary>For every group the widths with the least price − multiplier · what they save.</summary>
    private static int[] Cheapest(PlanProblem problem, double[] mix, double multiplier)
    {
        var keep = new int[problem.Sites.Count];
        foreach (PlanGroup group in problem.Groups)
        {
            foreach (int s in group.Sites) keep[s] = problem.Widths[s].MinBy(w => Cost(s, w, problem.Sites[s].Curve.Prices[w]));
            if (group.PriceOfNone is { } price && group.Sites.Sum(s => Cost(s, 0, 0)) + price < group.Sites.Sum(s => Cost(s, keep[s], problem.Sites[s].Curve.Prices[keep[s]])))
                foreach (int s in group.Sites) keep[s] = 0;
        }
        return keep;

        double Cost(int site, int width, double price) =>
            price - (multiplier * mix.Select((share, bound) => share * problem.Saved(bound, site, width)).Sum());
    }

    /// <summary>Proportions of the multipliers in tenths; they sum to 1.</summary>
    private static IEnumerable<double[]> Mixes(int count)
    {
        return Split(count, 10).Select(parts => parts.Select(p => p / 10.0).ToArray());

        static IEnumerable<int[]> Split(int parts, int total) => parts == 1
            ? [[total]]
            : Enumerable.Range(0, total + 1).SelectMany(first => Split(parts - 1, total - first).Select(rest => (int[])[first, .. rest]));
    }
}
