namespace PruneTasks.Pruning;

/// <summary>What it costs in quality to keep only so many units of a site.</summary>
/// <param name="Prices">[units + 1]: price of keeping that many, 0 with all of them, never falling as fewer are kept.</param>
public sealed record PriceCurve(IReadOnlyList<double> Prices)
{
    /// <summary>
    /// A curve through measured prices, in the shape of a local error curve: price(l) = E(l) · k(l), where k = price / E is linear between measured
    /// levels and constant outside. The error knows where a layer bends; the measurements know how much that matters to the output.
    /// </summary>
    /// <param name="errors">[units + 1]: local error with l units kept (0 with all).</param>
    /// <param name="measured">Measured prices at some levels, each strictly between 0 and all units.</param>
    public static PriceCurve Through(IReadOnlyList<double> errors, IReadOnlyList<(int Keep, double Price)> measured)
    {
        (int Keep, double Factor)[] points = [.. measured.Where(m => errors[m.Keep] > 0).OrderBy(m => m.Keep).Select(m => (m.Keep, Math.Max(0, m.Price) / errors[m.Keep]))];
        var prices = new double[errors.Count];
        for (int keep = errors.Count - 2; keep >= 0; keep--)
            prices[keep] = Math.Max(prices[keep + 1], errors[keep] * (points.Length == 0 ? 1 : Factor(points, keep)));
        return new PriceCurve(prices);
    }

    private static double Factor((int Keep, double Factor)[] points, int keep)
    {
        if (keep <= points[0].Keep) return points[0].Factor;
        for (int i = 1; i < points.Length; i++)
        {
            if (keep > points[i].Keep) continue;
            double t = (double)(keep - points[i - 1].Keep) / (points[i].Keep - points[i - 1].Keep);
            return points[i - 1].Factor + (t * (points[i].Factor - points[i - 1].Factor));
        }
        return points[^1].Factor;
    }
}
