using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A site with what its units cost and what their removal costs.</summary>
public sealed record PricedSite(PruneSite Site, Cost Cost, PriceCurve Curve);

/// <summary>
/// Spends one budget over unlike units: the sum of prices is smallest under the bounds. With one bound an exact dynamic programme over the
/// removed cost (in 1/4000 of the dense cost, rounded down); with several, Lagrange multipliers over a grid of their proportions.
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
        IReadOnlyList<PricedSite> sites, Cost dense, BudgetBounds bounds, int align, IReadOnlyList<SharedLayer>? shared = null)
    {
        IReadOnlyList<int>[] widths = [.. sites.Select(s => WidthGrid.Of(s.Site, align))];
        PrunePlan smallest = Plan([.. widths.Select(w => w[0])]);
        if (!bounds.IsMet(smallest.Pruned, dense)) return (smallest, false);
        (double Share, Func<Cost, long> Of)[] active =
        [
            .. bounds.Macs is { } macs ? [(macs, (Func<Cost, long>)(c => c.Macs))] : ((double, Func<Cost, long>)[])[],
            .. bounds.Parameters is { } parameters ? [(parameters, (Func<Cost, long>)(c => c.Parameters))] : ((double, Func<Cost, long>)[])[],
            .. bounds.Bytes is { } bytes ? [(bytes, (Func<Cost, long>)(c => c.Bytes))] : ((double, Func<Cost, long>)[])[],
        ];
        if (active.Length == 1)
        {
            // The programme adds up what the sites save; where they share layers that is too much, so it is asked for as much more.
            (double share, Func<Cost, long> of) = active[0];
            double aim = share;
            for (int i = 0; i < Corrections && aim > 0; i++)
            {
                PrunePlan exact = Plan(Programme(sites, widths, of, of(dense), aim));
                if (bounds.IsMet(exact.Pruned, dense)) return (exact, true);
                aim -= Math.Max(1.0 / Quanta, ((double)of(exact.Pruned) / of(dense)) - share);
            }
        }
        return (Lagrange(sites, widths, Plan, dense, bounds, active) ?? smallest, true);

        PrunePlan Plan(int[] keep) => new([.. sites.Select((s, i) => new SitePlan(s.Site, s.Cost, keep[i]))], dense) { Shared = shared ?? [] };
    }

    /// <summary>best[q] = smallest price with which the first sites remove at least q quanta.</summary>
    private static int[] Programme(IReadOnlyList<PricedSite> sites, IReadOnlyList<int>[] widths, Func<Cost, long> of, long dense, double share)
    {
        double quantum = (double)dense / Quanta;
        int target = (int)Math.Ceiling(((1 - share) * Quanta) - 1e-9);
        var best = new double[target + 1];
        Array.Fill(best, double.PositiveInfinity, 1, target);
        var choices = new int[sites.Count][];
        for (int s = 0; s < sites.Count; s++)
        {
            var next = new double[target + 1];
            Array.Fill(next, double.PositiveInfinity);
            choices[s] = new int[target + 1];
            foreach (int keep in widths[s].Reverse())
            {
                int removed = (int)Math.Floor(of(sites[s].Cost) * (sites[s].Site.Units - keep) / quantum);
                double price = sites[s].Curve.Prices[keep];
                for (int q = 0; q <= target; q++)
                {
                    double candidate = best[Math.Max(0, q - removed)] + price;
                    if (candidate >= next[q]) continue;
                    (next[q], choices[s][q]) = (candidate, keep);
                }
            }
            best = next;
        }
        var chosen = new int[sites.Count];
        int left = target;
        for (int s = sites.Count - 1; s >= 0; s--)
        {
            // Rounding down can leave the target out of reach by a quantum: then the narrowest width is all there is.
            chosen[s] = choices[s][left] == 0 ? widths[s][0] : choices[s][left];
            left = Math.Max(0, left - (int)Math.Floor(of(sites[s].Cost) * (sites[s].Site.Units - chosen[s]) / quantum));
        }
        return chosen;
    }

    private static PrunePlan? Lagrange(
        IReadOnlyList<PricedSite> sites, IReadOnlyList<int>[] widths, Func<int[], PrunePlan> plans, Cost dense, BudgetBounds bounds, (double Share, Func<Cost, long> Of)[] active)
    {
        (PrunePlan Plan, double Price)? best = null;
        foreach (double[] mix in Mixes(active.Length))
        {
            double low = 1e-12, high = 1e12;
            for (int i = 0; i < 100; i++)
            {
                double multiplier = Math.Sqrt(low * high);
                int[] keep = [.. sites.Select((s, j) => widths[j].MinBy(w =>
                    s.Curve.Prices[w] + (multiplier * active.Select((a, k) => mix[k] * a.Of(s.Cost) / a.Of(dense)).Sum() * w)))];
                PrunePlan plan = plans(keep);
                if (!bounds.IsMet(plan.Pruned, dense))
                {
                    low = multiplier;
                    continue;
                }
                high = multiplier;
                double price = sites.Select((s, j) => s.Curve.Prices[keep[j]]).Sum();
                if (best is null || price < best.Value.Price) best = (plan, price);
            }
        }
        return best?.Plan;
    }

    private static IEnumerable<double[]> Mixes(int count)
    {
        if (count == 1) return [[1]];
        return Enumerable.Range(0, 11).SelectMany(i => count == 2
            ? (IEnumerable<double[]>)[[i / 10.0, 1 - (i / 10.0)]]
            : Enumerable.Range(0, 11 - i).Select(j => new[] { i / 10.0, j / 10.0, (10 - i - j) / 10.0 }));
    }
}
