using System.Globalization;
using PruneTasks.Torch.Native;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Report;

/// <summary>Writes report.html: one file without scripts and without anything to fetch.</summary>
internal static class HtmlReport
{
    /// <summary>The page.</summary>
    public static string Write(PruneReport report)
    {
        var page = new Html();
        page.Raw("<!DOCTYPE html>").Raw("<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Raw($"<title>{Html.Text(report.Name)}: pruning report</title>")
            .Raw($"<style>\n{Style()}</style></head><body>");
        Head(page, report);
        DenseAgainstPruned(page, report);
        QualityHtml.Write(page, report);
        if (report.Exact is { } exact) ExactHtml.Write(page, exact);
        if (report.Budget is { } budget) BudgetHtml.Write(page, budget);
        HtmlSites.Write(page, report.Sites, report.Refusals);
        PricesHtml.Write(page, report.Prices);
        if (report.Partition is { } partition) PartitionHtml.Write(page, partition);
        if (report.Probes is { } probes) ProbesHtml.Write(page, probes, report.Sites);
        if (report.Additivity is { } additivity) AdditivityHtml.Write(page, additivity);
        DistillHtml.Write(page, report.Distill);
        StepsHtml.Write(page, report.Steps);
        Outputs(page, report);
        Times(page, report.Stages, report.Threads);
        SpecEcho(page, report);
        Foot(page, report);
        return page.Raw("</body></html>").ToString();
    }

    private static void Head(Html page, PruneReport report)
    {
        page.Raw("<header>").Raw($"<h1>{Html.Text(report.Name)}</h1>");
        page.Raw($"<p class=\"quiet\">Pruned on {report.Calibration.Samples} calibration samples{Common(report)}{Views(report)}, without training. Seed {report.Seed}, PruneTasks {Html.Text(report.Version)}.</p></header>");
        page.Raw("<div class=\"tiles\">");
        Tile(page, "File size", Figures.Change(report.Dense.Bytes, report.Pruned.Bytes), $"{Figures.Bytes(report.Dense.Bytes)} → {Figures.Bytes(report.Pruned.Bytes)}");
        Tile(page, "Multiply-accumulates", Figures.Change(report.Dense.Macs, report.Pruned.Macs), $"{Figures.Count(report.Dense.Macs)} → {Figures.Count(report.Pruned.Macs)}");
        if (Headline(report) is { Result.Agreement: { } agreement } headline)
            Tile(page, $"Agreement on {headline.Set}", Figures.Percent(agreement), headline.Result.Kl is { } kl ? $"KL {Figures.Small(kl)} nats" : $"{headline.Result.Samples} samples");
        if (report.Latency is { } latency)
            Tile(page, "Faster by", Figures.Times(latency.Ratio), $"bound {Figures.Times(report.SpeedBound)}");
        page.Raw("</div>");
        if (report.Warnings.Count == 0) return;
        page.Raw("<div class=\"warnings\"><strong>Warnings</strong><ul>");
        foreach (string warning in report.Warnings) page.Raw($"<li>{Html.Text(warning)}</li>");
        page.Raw("</ul></div>");
    }

    private static string Views(PruneReport report) => report.Views is { Count: > 0 } views
        ? string.Create(CultureInfo.InvariantCulture, $" and {views.Count} {(views.Kind == "window" ? "windows" : "moved views")} of them{(views.Flip?.Used == true ? ", half of them mirrored" : "")}")
        : "";

    private static string Common(PruneReport report) =>
        report.Calibration.Common > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({report.Calibration.Samples - report.Calibration.Common} personal, {report.Calibration.Common} common)") : "";

    /// <summary>The set that says most about the app: test if there is one.</summary>
    private static SetEvaluation? Headline(PruneReport report) =>
        report.Evaluations.FirstOrDefault(evaluation => evaluation.Set == "test") ?? report.Evaluations.FirstOrDefault();

    private static void Tile(Html page, string name, string figure, string note) =>
        page.Raw($"<div class=\"tile\"><span class=\"name\">{Html.Text(name)}</span><span class=\"figure\">{Html.Text(figure)}</span><span class=\"note\">{Html.Text(note)}</span></div>");

    private static void DenseAgainstPruned(Html page, PruneReport report)
    {
        List<string[]> rows =
        [
            ["File size", Figures.Bytes(report.Dense.Bytes), Figures.Bytes(report.Pruned.Bytes), Figures.Change(report.Dense.Bytes, report.Pruned.Bytes)],
            ["Parameters", Figures.Count(report.Dense.Parameters), Figures.Count(report.Pruned.Parameters), Figures.Change(report.Dense.Parameters, report.Pruned.Parameters)],
            ["Multiply-accumulates, batch 1", Figures.Count(report.Dense.Macs), Figures.Count(report.Pruned.Macs), Figures.Change(report.Dense.Macs, report.Pruned.Macs)],
        ];
        if (report.Exact is { Done.Count: > 0 } exact)
            rows.Add(["of these left out without changing a result", Figures.Count(exact.MacsBefore), Figures.Count(exact.MacsAfter), Figures.Change(exact.MacsBefore, exact.MacsAfter)]);
        if (report.Latency is { } latency)
        {
            rows.Add(["Latency, median", Figures.Milliseconds(latency.Dense.Median), Figures.Milliseconds(latency.Pruned.Median), Figures.Change(latency.Dense.Median, latency.Pruned.Median)]);
            rows.Add(["Latency, 90th percentile", Figures.Milliseconds(latency.Dense.P90), Figures.Milliseconds(latency.Pruned.P90), Figures.Change(latency.Dense.P90, latency.Pruned.P90)]);
        }
        foreach (SetEvaluation evaluation in report.Evaluations)
        {
            Comparison result = evaluation.Result;
            string samples = string.Create(CultureInfo.InvariantCulture, $"{evaluation.Set}, {result.Samples} samples");
            if (result.Agreement is { } agreement) rows.Add([$"Agreement ({samples})", "", Figures.Percent(agreement), ""]);
            if (result.Kl is { } kl) rows.Add([$"KL to dense, nats ({samples})", "", Figures.Small(kl), ""]);
            if (result is { DenseTop1: { } dense, PrunedTop1: { } pruned })
            {
                rows.Add([
                    string.Create(CultureInfo.InvariantCulture, $"Top-1 accuracy ({evaluation.Set}, {result.Labelled} labelled)"),
                    Figures.Percent(dense), Figures.Percent(pruned), Points(dense, pruned),
                ]);
            }
        }
        string bound = $"{Figures.Percent(report.MacsRemoved)} of the multiply-accumulates are gone, which bounds the gain in speed at {Figures.Times(report.SpeedBound)}";
        page.Heading("Dense against pruned").Table(
            ["", "#Dense", "#Pruned", "#Change"],
            rows,
            report.Latency is { } times
                ? string.Create(CultureInfo.InvariantCulture, $"{bound}; measured {Figures.Times(times.Ratio)} in ONNX Runtime, one thread, batch 1, {times.Runs} runs of each in turn.")
                : bound + ".");
    }

    private static string Points(double dense, double pruned)
    {
        double points = 100 * (pruned - dense);
        return string.Create(CultureInfo.InvariantCulture, $"{(points < 0 ? "−" : "+")}{Math.Abs(points):0.0} points");
    }

    private static void Outputs(Html page, PruneReport report)
    {
        page.Heading("Outputs").Table(
            ["Output", "Samples", "#NMSE", "#Largest difference"],
            report.Evaluations.SelectMany(evaluation => evaluation.Result.Outputs.Select(output => (string[])
            [
                $"<code>{Html.Text(output.Name)}</code>",
                Html.Text($"{evaluation.Set} ({evaluation.Path})"),
                output.Nmse is { } nmse ? Figures.Small(nmse) : "–",
                output.MaxAbs is { } most ? Figures.Small(most) : "–",
            ])),
            report.MaskedDifference is { } masked
                ? $"NMSE: squared difference over the dense output's variance. Masked dense graph against the pruned file: at most {Figures.Small(masked)}."
                : "NMSE: squared difference over the dense output's variance.");
        foreach (string remark in report.Evaluations.SelectMany(evaluation => evaluation.Result.Remarks).Distinct()) page.Raw($"<p class=\"quiet\">Note: {Html.Text(remark)}.</p>");
    }

    private static void Times(Html page, IReadOnlyList<StageTime> stages, ThreadCost? threads)
    {
        double most = Math.Max(1e-9, stages.Max(stage => (double?)stage.Seconds) ?? 0);
        page.Heading("Time and memory").Raw("<table class=\"times\"><tbody>");
        foreach (StageTime stage in stages)
        {
            string width = (100 * stage.Seconds / most).ToString("0.#", CultureInfo.InvariantCulture);
            page.Raw($"<tr><th>{Html.Text(stage.Name)}</th><td class=\"wide\"><div class=\"bar\"><i style=\"width:{width}%\"></i></div></td><td class=\"n\">{Figures.Seconds(stage.Seconds)}</td><td class=\"n\">{(stage.PeakBytes > 0 ? Figures.Bytes(stage.PeakBytes) : "")}</td></tr>");
        }
        page.Raw($"<tr><th>together</th><td></td><td class=\"n\">{Figures.Seconds(stages.Sum(stage => stage.Seconds))}</td><td></td></tr></tbody></table>");
        page.Raw("<p class=\"quiet\">Memory: the most that the process held up to the end of the stage.</p>");
        if (threads is not null) page.Raw($"<p class=\"quiet\"><code>prune.threads: one</code>: {Html.Text(threads.ToString())}.</p>");
    }

    private static void SpecEcho(Html page, PruneReport report) => page.Heading("Spec as read").Table(
        ["Key", "Value"], report.Spec.Select(entry => (string[])[$"<code>{Html.Text(entry.Key)}</code>", Html.Text(entry.Value)]));

    private static void Foot(Html page, PruneReport report)
    {
        page.Raw("<footer>");
        page.Raw($"<div>Dense model <code>{report.Dense.Sha256}</code></div><div>Pruned model <code>{report.Pruned.Sha256}</code></div>");
        page.Raw($"<div>Calibration data <code>{report.Calibration.ContentHash}</code>, {report.Calibration.Samples} used, {report.Calibration.HoldOut} held back, {report.Calibration.Skipped} skipped</div>");
        page.Raw("</footer>");
    }

    private static string Style()
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
