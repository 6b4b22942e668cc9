using System.Globalization;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>The section of the report on how the budget was spent: widths by place with their price curves, against uniform, and the trials of <c>auto</c>.</summary>
internal static class BudgetHtml
{
    private const int Width = 420;
    private const int Height = 90;

    /// <summary>The section.</summary>
    public static void Write(Html page, BudgetReport budget)
    {
        if (budget.Sites.Count == 0) return;
        page.Heading("How the budget was spent");
        page.Raw($"<p>{Html.Text(string.Join(" ", Sentences(budget)))}</p>");
        if (budget.Trials.Count > 0)
        {
            page.Table(["MACs that remain", "#Drop", "Contract"], budget.Trials.Select(trial => (string[])
                [Share(trial.Share), Figures.Small(trial.Drop), trial.Met ? "kept" : "missed"]), $"Budgets that were built to find the smallest one, judged on {budget.TrialSet}.");
        }
        if (budget.Price is null) return;
        if (budget.Curve is { } curve) page.Raw(Picture(curve, budget.Bounds.First(b => b.Key == "macs").Reached));
        page.Table(
            ["Place", "Kind", "#Units", "#Kept", "#Price", "#Uniform would keep", "#Price of that"],
            budget.Sites.Select(site => (string[])
            [
                $"<code>{Html.Text(site.Layer)}</code>", Html.Text(site.Kind), Count(site.Units), Count(site.Keep), Price(site.Price), Count(site.UniformKeep), Price(site.UniformPrice),
            ]),
            "Price: what the answer loses when that place alone is so narrow.");
    }

    private static string Count(int? units) => units?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Price(double? price) => price is { } value ? Figures.Small(value) : "";

    private static IEnumerable<string> Sentences(BudgetReport budget)
    {
        string bounds = string.Join(", ", budget.Bounds.Where(b => b.Asked is not null || b.Key == "macs")
            .Select(b => b.Asked is { } asked ? $"{b.Key} {Share(b.Reached)} of at most {Share(asked)}" : $"{b.Key} {Share(b.Reached)}"));
        yield return $"Allocation: {budget.Allocation}; what remains: {bounds}.";
        if (budget is { Price: { } price, UniformPrice: { } uniform })
            yield return $"Sum of prices {Figures.Small(price)}; cut alike everywhere it would be {Figures.Small(uniform)} (an estimate).";
        if (budget.Uniform is { } trial)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"Uniform was built too: {trial.Measure} loss {Figures.Small(trial.Uniform)} against {Figures.Small(trial.Measured)} on {trial.Samples} samples held back, paired difference {Figures.Small(trial.Difference)} ± {Figures.Small(trial.StandardError)} (standard error).");
            if (trial.Overruled) yield return "That is more than two standard errors in favour of uniform, which was therefore delivered.";
        }
        if (budget.Latency is { } latency)
        {
            string measured = latency.Measured is { } share ? $", measured {Share(share)}" : "";
            yield return $"Time as a share of dense: expected {Share(latency.Share)}{measured} (table of {latency.Sites} shapes on {latency.Processor}{(latency.FromCache ? ", from an earlier run" : "")}).";
        }
        foreach (string note in budget.Notes) yield return $"Note: {note}.";
    }

    private static string Share(double share) => share.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>The least price over what may remain; height by its square root.</summary>
    private static string Picture(BudgetCurve curve, double chosen)
    {
        double most = Math.Sqrt(Math.Max(1e-300, curve.Points[0].Price));
        string points = string.Join(' ', curve.Points.Select(p => $"{X(p.Share)},{Y(p.Price)}"));
        return $"<figure><svg width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"price over budget\"><path d=\"M0 {Height - 2}H{Width}\" stroke=\"var(--line)\"/>"
            + $"<path d=\"M{X(chosen)} 0V{Height}\" stroke=\"var(--dense)\"/><polyline points=\"{points}\" fill=\"none\" stroke=\"var(--ffn)\" stroke-width=\"1.5\"/></svg>"
            + $"<figcaption class=\"quiet\">Least sum of prices (height: square root) over the share of multiply-accumulates that remains, 0 to 1; the line marks this model.</figcaption></figure>";

        static string X(double share) => Number(Width * Math.Clamp(share, 0, 1));
        string Y(double price) => Number(Height - 2 - ((Height - 6) * Math.Sqrt(Math.Max(0, price)) / most));
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
