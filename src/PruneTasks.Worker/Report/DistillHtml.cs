using System.Globalization;

namespace PruneTasks.Worker.Report;

/// <summary>The part of the page on training after the build.</summary>
internal static class DistillHtml
{
    /// <summary>Writes the section; nothing where nothing was trained.</summary>
    public static void Write(Html page, DistillReport? distill)
    {
        if (distill is null) return;
        page.Heading("Training after the build");
        page.Raw(string.Create(
            CultureInfo.InvariantCulture,
            $"<p class=\"quiet\">{distill.Steps} of {distill.Asked} steps towards the dense answers, without labels; {Figures.Count(distill.Parameters)} numbers trained on {Figures.Count(distill.Samples)} samples{(distill.Kept ? "" : "; the weights from before were kept")}.</p>"));
        List<string[]> rows = [["Fit samples", Figures.Small(distill.Fit.Before), Figures.Small(distill.Fit.After), Figures.Change(distill.Fit.Before, distill.Fit.After)]];
        if (distill.HoldOut is { } held)
            rows.Add([string.Create(CultureInfo.InvariantCulture, $"Held-out samples ({distill.HoldOutSamples})"), Figures.Small(held.Before), Figures.Small(held.After), Figures.Change(held.Before, held.After)]);
        page.Table(["Loss", "#Before", "#After", "#Change"], rows, distill.Veto || distill.HoldOut is null ? null : "Too few held-out samples to stop the training by: they are told only.");
        foreach (string remark in distill.Remarks) page.Raw($"<p class=\"quiet\">Note: {Html.Text(remark)}.</p>");
    }
}
