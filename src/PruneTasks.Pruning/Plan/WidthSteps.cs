using System.Globalization;

namespace PruneTasks.Pruning;

/// <summary>
/// How fine the steps of widths have to be for a budget. Even widths keep kernels fast, but in a small model eight units may be a tenth of it: where a plan in these steps
/// removes far more than was asked, or cannot reach it, steps of half, a quarter and so on are tried (docs/decisions/0050).
/// </summary>
public static class WidthSteps
{
    /// <summary>A plan may remove so much more than was asked, as a share of what was asked.</summary>
    private const double Slack = 0.1;

    /// <summary>The plan with the widest steps that is close enough to the bounds; else the one that is closest, of those within the bounds if there are any.</summary>
    /// <param name="align">The widest steps.</param>
    /// <param name="bounds">What may remain.</param>
    /// <param name="nothing">The plan that removes nothing.</param>
    /// <param name="plan">Makes the plan for a step.</param>
    /// <returns>The plan and its step.</returns>
    public static (PrunePlan Plan, int Align) Plan(int align, BudgetBounds bounds, PrunePlan nothing, Func<int, PrunePlan> plan)
    {
        (PrunePlan Plan, int Align)? best = null;
        double least = double.PositiveInfinity;
        const double OutOfReach = 1e6;
        for (int step = align; ; step /= 2)
        {
            PrunePlan made = plan(step);
            double excess = bounds.Excess(nothing, made) is var e && bounds.IsMet(made) ? e : OutOfReach - e;
            if (best is null || excess < least) (best, least) = ((made, step), excess);
            if (excess <= Slack || step == 1) return best.Value;
        }
    }

    /// <summary>What to say where finer steps were taken than asked for.</summary>
    public static IReadOnlyList<string> Notes(int asked, int taken) => taken == asked
        ? [] : [string.Create(CultureInfo.InvariantCulture, $"widths are multiples of {taken}, not of {asked} (prune.align): this model is so small that steps of {asked} would miss the budget by far")];
}
