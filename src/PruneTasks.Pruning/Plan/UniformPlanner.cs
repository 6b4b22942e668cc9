using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Plans that cut every site of a kind alike.</summary>
public static class UniformPlanner
{
    private const int Steps = 1000;

    /// <summary>Removes exactly the given share of every site of a kind, rounded to the nearest unit; at least one unit stays.</summary>
    public static PrunePlan ByRatios(
        IReadOnlyList<(PruneSite Site, Cost Cost)> sites, Cost dense, IReadOnlyDictionary<UnitKind, double> ratios, IReadOnlyList<SharedLayer>? shared = null) =>
        new([.. sites.Select(s => new SitePlan(s.Site, s.Cost, Math.Max(1, (int)Math.Round(s.Site.Units * (1 - ratios.GetValueOrDefault(s.Site.Kind)), MidpointRounding.AwayFromZero))))], dense) { Shared = shared ?? [] };

    /// <summary>The smallest common share of removal with which the model meets <paramref name="bounds"/>.</summary>
    /// <param name="sites">Sites with the cost of one unit.</param>
    /// <param name="dense">Cost of the dense model.</param>
    /// <param name="bounds">What may remain.</param>
    /// <param name="align">Feed-forward widths are multiples of this (where at least one multiple stays).</param>
    /// <param name="shared">Layers between two sites (<see cref="SharedLayers"/>).</param>
    /// <returns>The plan, and whether it meets the bounds; if not, it is the smallest model that these sites allow.</returns>
    public static (PrunePlan Plan, bool Met) ByBudget(
        IReadOnlyList<(PruneSite Site, Cost Cost)> sites, Cost dense, BudgetBounds bounds, int align, IReadOnlyList<SharedLayer>? shared = null) =>
        ByBudget(sites, dense, bounds, new PlanOptions(align) { Shared = shared ?? [] });

    /// <summary>As above, within <paramref name="options"/>; no site loses all units.</summary>
    public static (PrunePlan Plan, bool Met) ByBudget(IReadOnlyList<(PruneSite Site, Cost Cost)> sites, Cost dense, BudgetBounds bounds, PlanOptions options)
    {
        IReadOnlyList<int>[] widths = [.. sites.Select(s => options.Widths(s.Site))];
        int low = 0, high = Steps;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (bounds.IsMet(At(middle))) high = middle;
            else low = middle + 1;
        }
        PrunePlan plan = At(low);
        return (plan, bounds.IsMet(plan));

        PrunePlan At(int step) => new(
            [.. sites.Select((s, i) => new SitePlan(s.Site, s.Cost, WidthGrid.Floor(widths[i], s.Site.Units * (1 - ((double)step / Steps)))))], dense)
        {
            Shared = options.Shared,
            Latency = options.Latency,
        };
    }
}
