using System.Globalization;
using PruneTasks.Pruning;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>The build in steps, in report.html: a line of the loss over what is gone, and a row for each attempt.</summary>
internal static class StepsHtml
{
    private const int Width = 640, Height = 180, Margin = 36;

    /// <summary>The section; nothing where the build was made in one step.</summary>
    public static void Write(Html page, StepReport? report)
    {
        if (report is not { Attempts.Count: > 0 }) return;
        string buffer = report.Capacity > 0 ? $"{Figures.Percent(report.Capacity)} more units than a step takes were half gated, and the ones that were missed most came back" : "no buffer";
        page.Heading("Steps").Raw($"<p>{report.Steps} steps, {Html.Text(buffer)}. {report.HoldOut} samples held back judged them.{(report.Complete ? "" : " The planned widths were not reached.")}</p>");
        if (report.Attempts.Any(a => a.Verdict.Loss is not null)) Line(page, report);
        page.Table(
            ["Attempt", "#MACs left", "#Gone", "#Restored", $"#{Loss(report)}", "#Compared with", "#Agreement", "Outcome"],
            report.Attempts.Select(a => (string[])
            [
                a.Attempt.ToString(CultureInfo.InvariantCulture),
                Figures.Percent((double)a.Left.Macs / Math.Max(1, report.Dense.Macs)),
                a.Committed.ToString(CultureInfo.InvariantCulture),
                a.Restored.ToString(CultureInfo.InvariantCulture),
                a.Verdict.Loss is { } loss ? $"{Figures.Small(loss.Mean)} ± {Figures.Small(loss.Error)}{(a.LossAfterTraining is { } trained ? $", trained {Figures.Small(trained)}" : "")}" : "–",
                a.Verdict.Limit is { } limit ? Figures.Small(limit) : "–",
                a.Agreement is { } agreement ? Figures.Percent(agreement) : "–",
                Html.Text($"{(a.Verdict.Accepted ? "accepted" : "rolled back")}: {a.Verdict.Reason}{(a.Verdict.Drop is { } drop ? $"; drop between {Figures.Percent(drop.Lower)} and {Figures.Percent(drop.Upper)}" : "")}{(a.Frozen is { } frozen ? $"; left alone in the next attempt: {frozen}" : "")}"),
            ]),
            "± one standard error. A drop's bounds hold with 95 % each, by paired bootstrap.");
    }

    private static string Loss(StepReport report) => report.Measure == "kl" ? "KL, nats" : "NMSE";

    private static void Line(Html page, StepReport report)
    {
        (StepOutcome Attempt, double X, double Y)[] points = [.. report.Attempts.Where(a => a.Verdict.Loss is { Mean: var mean } && double.IsFinite(mean))
            .Select(a => (a, 1 - ((double)a.Left.Macs / Math.Max(1, report.Dense.Macs)), a.LossAfterTraining ?? a.Verdict.Loss!.Mean))];
        if (points.Length == 0) return;
        double right = Math.Max(1e-9, points.Max(p => p.X)), top = Math.Max(1e-12, points.Max(p => p.Y));
        string line = string.Join(' ', points.Where(p => p.Attempt.Verdict.Accepted).Select(p => $"{At(p.X, p.Y)}").Prepend(At(0, 0)));
        page.Raw($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Html.Text(Loss(report))} along the steps\" style=\"max-width:{Width}px;width:100%\">");
        page.Raw($"<polyline points=\"{At(0, top)} {At(0, 0)} {At(right, 0)}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.4\"/>");
        page.Raw($"<polyline points=\"{line}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>");
        foreach ((StepOutcome attempt, double x, double y) in points)
        {
            string[] at = At(x, y).Split(',');
            page.Raw($"<circle cx=\"{at[0]}\" cy=\"{at[1]}\" r=\"4\" fill=\"{(attempt.Verdict.Accepted ? "currentColor" : "none")}\" stroke=\"currentColor\"><title>attempt {attempt.Attempt}: {Html.Text(Figures.Small(y))}</title></circle>");
        }
        page.Raw($"<text x=\"{Margin}\" y=\"{Margin - 12}\" font-size=\"12\" fill=\"currentColor\">{Html.Text(Loss(report))}, up to {Html.Text(Figures.Small(top))}</text>");
        page.Raw($"<text x=\"{Width - Margin}\" y=\"{Height - 10}\" font-size=\"12\" fill=\"currentColor\" text-anchor=\"end\">MACs gone, up to {Html.Text(Figures.Percent(right))}</text></svg>");

        string At(double x, double y) => string.Create(CultureInfo.InvariantCulture,
            $"{Margin + (x / right * (Width - (2 * Margin))):0.#},{Height - Margin - (y / top * (Height - (2 * Margin))):0.#}");
    }
}
