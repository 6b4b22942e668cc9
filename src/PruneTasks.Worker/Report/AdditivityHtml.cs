using System.Globalization;
using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>The section on whether prices add up.</summary>
internal static class AdditivityHtml
{
    private const int Size = 190;

    /// <summary>Writes the section.</summary>
    public static void Write(Html page, AdditivityReport report)
    {
        page.Heading("Do prices add up?");
        if (report.Measured is not { } measured)
        {
            page.Raw($"<p class=\"quiet\">Not measured: {Html.Text(report.NotMeasured ?? "")}.</p>");
            return;
        }
        page.Raw(string.Create(
            CultureInfo.InvariantCulture,
            $"<p>{measured.Observations[0].Points.Count} random unions of the {measured.Sites.Count} sites that the plan cuts, each compressed to its planned width, against the sums of what the sites do alone ({report.Samples} samples, {measured.Passes:0.#} passes). "
            + $"{(measured.Holds ? "They add up." : "They do not add up.")}{(report.RepricePasses is { } passes ? $" Each price was measured again in the company of the others ({passes:0.#} passes), and the plan made anew." : "")}</p>"));
        page.Table(
            ["Observed", "#R²", "#Measured / sum", "#Relative error", "#All sites at once"],
            measured.Observations.Select(o => (string[])[Words(o.Observation), Two(o.Fit.R2), Two(o.Fit.Ratio), Two(o.Fit.Error), Two(o.AllRatio)]));
        page.Raw($"<p class=\"charts\">{string.Concat(measured.Observations.Select(Chart))}</p>");
        page.Raw($"<p class=\"quiet\">Each dot is one union: sum of its parts to the right, measured upwards; on the line the two are equal. Rank correlation of the plan's prices with the sites measured alone: {Two(report.RankCorrelation)}. "
            + "The entropy can fall while answers go wrong, so it is shown and decides nothing.</p>");
    }

    private static string Chart(ObservedAdditivity observed)
    {
        double[] all = [.. observed.Points.SelectMany(p => new[] { p.Sum, p.Measured }), 0];
        double low = all.Min(), range = Math.Max(all.Max() - low, 1e-12);
        string dots = string.Concat(observed.Points.Select(p => $"<circle cx=\"{At(p.Sum)}\" cy=\"{Up(p.Measured)}\" r=\"3.5\" fill=\"var(--ffn, #2a78d6)\" fill-opacity=\"0.75\"/>"));
        return $"<svg viewBox=\"0 0 {Size} {Size}\" width=\"{Size}\" height=\"{Size}\" role=\"img\" aria-label=\"{Html.Text(Words(observed.Observation))}: measured against sum\">"
            + $"<rect x=\"10\" y=\"10\" width=\"{Size - 20}\" height=\"{Size - 20}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.25\"/>"
            + $"<line x1=\"10\" y1=\"{Size - 10}\" x2=\"{Size - 10}\" y2=\"10\" stroke=\"currentColor\" stroke-opacity=\"0.4\" stroke-dasharray=\"4 4\"/>{dots}"
            + $"<text x=\"16\" y=\"26\" font-size=\"12\" fill=\"currentColor\">{Html.Text(Words(observed.Observation))}</text></svg>";

        string At(double value) => Number(10 + ((value - low) / range * (Size - 20)));
        string Up(double value) => Number(Size - 10 - ((value - low) / range * (Size - 20)));
    }

    private static string Words(ProbeObservation observation) => observation switch
    {
        ProbeObservation.Divergence => "KL to dense",
        ProbeObservation.LogitError => "logit error",
        _ => "entropy increase",
    };

    private static string Two(double value) => double.IsFinite(value) ? value.ToString("0.00", CultureInfo.InvariantCulture) : "–";

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
