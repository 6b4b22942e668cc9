using System.Globalization;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Report;

/// <summary>The section of the report on what the model still does: every metric before and after, with intervals, and the contract.</summary>
internal static class QualityHtml
{
    /// <summary>The section.</summary>
    public static void Write(Html page, PruneReport report)
    {
        page.Heading("Quality");
        if (report.Quality is { } quality)
        {
            string fits = quality.Fits is { } budget
                ? string.Create(CultureInfo.InvariantCulture, $" By the measured prices, about {budget.Key} {budget.Share:0.00} would fit; that is an estimate.") : "";
            page.Raw($"<p><strong>{(quality.Met ? "Kept" : "Missed")}</strong>: {Html.Text(quality.Contract.Metric)} loses {Figure(quality.Value.Drop)} on {Html.Text(quality.Set)}, "
                + $"95 % interval {Range(quality.Value.Interval)}, allowed is {Figure(quality.Contract.MaxDrop)}.{Html.Text(fits)}</p>");
        }
        List<string[]> rows = [];
        foreach (SetEvaluation evaluation in report.Evaluations)
        {
            foreach (MetricValue value in MetricValue.All.Select(metric => MetricValue.Of(evaluation.Result, metric)).OfType<MetricValue>())
            {
                rows.Add([
                    Html.Text(Name(value.Metric)), Html.Text(evaluation.Set), value.Samples.ToString(CultureInfo.InvariantCulture),
                    Figure(value.Before), Figure(value.After), Figure(value.Drop), Range(value.Interval)]);
            }
        }
        if (rows.Count > 0)
        {
            page.Table(["", "Set", "#Samples", "#Dense", "#Pruned", "#Lost", "#95 % interval"], rows,
                "Lost: dense − pruned; for KL the divergence, for perplexity the share by which it rises. Intervals: Wilson for agreement, Agresti-Min for top-1, else bootstrap over samples.");
        }
    }

    private static string Name(string metric) => metric switch { "top1" => "Top-1", "kl" => "KL, nats", "cosine" => "Cosine", "perplexity" => "Perplexity", _ => "Agreement" };

    private static string Range(Range95 range) => $"{Figure(range.Low)} … {Figure(range.High)}";

    private static string Figure(double value) => Html.Text(value.ToString(Math.Abs(value) switch { 0 => "0", < 0.001 => "0.0E+0", < 10 => "0.0000", _ => "0.00" }, CultureInfo.InvariantCulture));
}
