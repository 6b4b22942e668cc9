namespace PruneTasks.Worker.Pipeline;

/// <summary>One budget that was really built.</summary>
/// <param name="Share">Share of the dense model's MACs asked for.</param>
/// <param name="Drop">Drop of the contract's metric.</param>
/// <param name="Met">Whether that is within the limit.</param>
internal sealed record AutoTrial(double Share, double Drop, bool Met);

/// <summary>
/// <c>budget: auto</c>: the smallest model that keeps the contract. A bisection over the share of MACs in which the measured prices say where to
/// look next; every trial is a whole build, judged on samples that did not decide. Nothing depends on a clock.
/// </summary>
internal static class AutoBudget
{
    /// <summary>Shares are tried on this grid: nobody can tell apart finer ones.</summary>
    public const double Grid = 0.01;

    // A little below the limit is aimed at: the price curve is an estimate.
    private const double Aim = 0.9;

    // No trial closer to an end of what is still open than this share of it: the curve may be wrong.
    private const double Margin = 0.15;

    /// <summary>Searches.</summary>
    /// <param name="curve">Prices; its ends are the smallest and the dense model.</param>
    /// <param name="limit">Allowed drop.</param>
    /// <param name="exponent">See <see cref="BudgetCurve.Exponent"/>.</param>
    /// <param name="builds">At most so many trials, at least 1.</param>
    /// <param name="trial">Builds at a share and gives the drop with what was built.</param>
    /// <returns>The smallest that kept the limit, or null if none did; and all trials in order.</returns>
    public static (T? Best, double Share, IReadOnlyList<AutoTrial> Trials) Search<T>(
        BudgetCurve curve, double limit, double exponent, int builds, Func<double, (T Built, double Drop)> trial)
        where T : class
    {
        double least = curve.Points[0].Share, low = least - Grid, high = curve.Points[^1].Share;
        T? best = null;
        double bestShare = high;
        List<AutoTrial> trials = [];
        double next = Round((least + high) / 2);
        while (trials.Count < builds && next < high - 1e-9 && next > low + 1e-9)
        {
            (T built, double drop) = trial(next);
            bool met = drop <= limit;
            trials.Add(new AutoTrial(next, drop, met));
            if (met) (best, bestShare, high) = (built, next, next);
            else low = next;
            double room = high - low;
            if (room <= Grid * 1.5) break;
            double guess = drop > 0 ? curve.Fitting(next, drop, limit * Aim, exponent) : (low + high) / 2;
            next = Round(Math.Clamp(guess, low + (Margin * room), high - (Margin * room)));
            // Rounding must not lead back to an end that is known.
            if (next >= high - 1e-9) next = Round(high - Grid);
            if (next <= low + 1e-9) next = Round(low + Grid);
            next = Math.Max(next, least);
        }
        return (best, bestShare, trials);
    }

    private static double Round(double share) => Math.Round(share / Grid) * Grid;
}
