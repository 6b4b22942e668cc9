using PruneTasks.Pruning;

namespace PruneTasks.Worker.Pipeline;

/// <summary>
/// The least sum of prices at which a share of the dense model's MACs can be had: what the measured prices say about every budget at once.
/// </summary>
/// <param name="Points">From the smallest model to the dense one; prices never rise along them.</param>
internal sealed record BudgetCurve(IReadOnlyList<(double Share, double Price)> Points)
{
    private const int Steps = 16;

    /// <summary>Plans along the whole way.</summary>
    public static BudgetCurve Of(PlanSetup setup, IReadOnlyList<PricedSite> priced)
    {
        PrunePlan least = PricedPlanner.ByBudget(priced, setup.Dense, setup.Bounds(0), setup.Options).Plan;
        double from = setup.MacsShare(least), to = setup.Left.Macs;
        List<(double Share, double Price)> points = [(from, PricedPlanner.PriceOf(priced, least))];
        for (int i = 1; i < Steps; i++)
        {
            PrunePlan plan = PricedPlanner.ByBudget(priced, setup.Dense, setup.Bounds(from + ((to - from) * i / Steps)), setup.Options).Plan;
            (double share, double price) = (setup.MacsShare(plan), PricedPlanner.PriceOf(priced, plan));
            if (share > points[^1].Share) points.Add((share, Math.Min(price, points[^1].Price)));
        }
        if (to > points[^1].Share) points.Add((to, 0));
        return new BudgetCurve(points);
    }

    /// <summary>Price at a share, linear between the points.</summary>
    public double PriceAt(double share)
    {
        if (share <= Points[0].Share) return Points[0].Price;
        for (int i = 1; i < Points.Count; i++)
        {
            if (share > Points[i].Share) continue;
            double t = (share - Points[i - 1].Share) / (Points[i].Share - Points[i - 1].Share);
            return Points[i - 1].Price + (t * (Points[i].Price - Points[i - 1].Price));
        }
        return Points[^1].Price;
    }

    /// <summary>The smallest share whose price is not above <paramref name="price"/>.</summary>
    public double ShareFor(double price)
    {
        if (price >= Points[0].Price) return Points[0].Share;
        for (int i = 1; i < Points.Count; i++)
        {
            if (price < Points[i].Price) continue;
            double t = (Points[i - 1].Price - price) / Math.Max(double.Epsilon, Points[i - 1].Price - Points[i].Price);
            return Points[i - 1].Share + (t * (Points[i].Share - Points[i - 1].Share));
        }
        return Points[^1].Share;
    }

    /// <summary>
    /// How a metric's drop grows with the price, which is a KL: shares of changed answers like its square root (docs/decisions/0014), the others like itself.
    /// </summary>
    public static double Exponent(string metric) => metric is "agreement" or "top1" ? 0.5 : 1;

    /// <summary>The share expected to keep a limit, given one measured drop: drop ∝ price^exponent.</summary>
    /// <param name="measuredAt">Share at which <paramref name="drop"/> was measured.</param>
    /// <param name="drop">The drop, above 0.</param>
    /// <param name="limit">What is allowed.</param>
    /// <param name="exponent">See <see cref="Exponent"/>.</param>
    public double Fitting(double measuredAt, double drop, double limit, double exponent) =>
        ShareFor(PriceAt(measuredAt) * Math.Pow(limit / drop, 1 / exponent));
}
