using System.Globalization;
using PruneTasks.Pruning;
using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>The picture of the partition: one bar for each group with its interval, coloured by class.</summary>
internal static class PartitionHtml
{
    private const int Row = 18, Left = 260, Width = 640;

    /// <summary>Above so many groups only the surest are drawn.</summary>
    private const int Most = 60;

    /// <summary>Writes the section.</summary>
    public static void Write(Html page, PartitionReport report)
    {
        page.Heading("Personal or common");
        if (report.Sites is null)
        {
            page.Raw($"<p class=\"quiet\">Not measured: {Html.Text(report.NotMeasured ?? "")}.</p>");
            return;
        }
        if (report.Idle is { } idle) page.Raw($"<p>{Html.Text(idle)}.</p>");
        page.Raw($"<p>How much of the summed logit error a site causes on {report.Personal} personal samples, against {report.Common} common ones, at half of its units. Bars are the logarithm of the ratio, lines 5 to 95 % of the bootstraps over samples.</p>");
        Level(page, report.Sites, "sites");
        if (report.Units is null) return;
        page.Raw("<h3>Heads and groups of neurons</h3>");
        Level(page, report.Units, "units");
    }

    private static void Level(Html page, MeasuredPartition level, string what)
    {
        GroupPartition partition = level.Partition;
        string verdict = partition.Separable
            ? "The personal data needs other groups than the common data"
            : "Not separable: the personal data differs no more from the common data than two halves of the common data from each other";
        page.Raw(string.Create(
            CultureInfo.InvariantCulture,
            $"<p>{verdict} (spread {partition.Spread:0.00}, between halves {partition.NullSpread:0.00}; further in {100 * partition.Further:0} % of the splits). Rank correlation of the prices {partition.RankCorrelation:0.00}: "
            + $"{(partition.RankCorrelation >= 0.8 ? "largely the same groups matter to both" : "different groups matter")}. By chance alone {partition.NullDecided} of {partition.Groups.Count} would get a class. {Html.Text(level.Choice.Reason)}.</p>"));
        GroupScore[] drawn = partition.Groups.Count <= Most ? [.. partition.Groups]
            : [.. partition.Groups.Select((g, i) => (g, i)).OrderByDescending(p => Math.Abs(p.g.Support - 0.5)).ThenByDescending(p => Math.Abs(p.g.Score)).Take(Most).OrderBy(p => p.i).Select(p => p.g)];
        if (drawn.Length < partition.Groups.Count) page.Raw($"<p class=\"quiet\">The {drawn.Length} surest of {partition.Groups.Count}; all are in report.json.</p>");
        page.Raw("<p class=\"legend quiet\">" + string.Concat(new[] { GroupClass.Personal, GroupClass.Common, GroupClass.Undecided }
            .Select(c => $"<span><i class=\"key\" style=\"background:{Colour(c)}\"></i>{PartitionJson.NameOf(c)} ({partition.Groups.Count(g => g.Class == c)})</span>")) + "</p>");
        page.Raw($"<div class=\"scroll\">{Chart(drawn, what)}</div>");
    }

    private static string Chart(IReadOnlyList<GroupScore> groups, string what)
    {
        double reach = Math.Max(0.1, groups.SelectMany(g => new[] { Math.Abs(g.Score), Math.Abs(g.Interval.Low), Math.Abs(g.Interval.High) }).Max());
        double middle = Left + ((Width - Left) / 2.0);
        string rows = string.Concat(groups.Select((g, i) =>
        {
            double y = (i * Row) + 4, zero = middle, end = X(g.Score);
            return $"<g><title>{Html.Text(g.Name)}: {PartitionJson.NameOf(g.Class)}, personal {Figures.Small(g.Personal)}, common {Figures.Small(g.Common)}, {Figures.Percent(g.Support)} of the bootstraps personal</title>"
                + $"<text x=\"{Left - 8}\" y=\"{Number(y + 10)}\" font-size=\"11\" text-anchor=\"end\" fill=\"currentColor\">{Html.Text(Short(g.Name))}</text>"
                + $"<rect x=\"{Number(Math.Min(zero, end))}\" y=\"{Number(y)}\" width=\"{Number(Math.Abs(end - zero))}\" height=\"12\" fill=\"{Colour(g.Class)}\"/>"
                + $"<line x1=\"{Number(X(g.Interval.Low))}\" x2=\"{Number(X(g.Interval.High))}\" y1=\"{Number(y + 6)}\" y2=\"{Number(y + 6)}\" stroke=\"currentColor\" stroke-width=\"1.5\"/></g>";
        }));
        int height = (groups.Count * Row) + 24;
        return $"<svg viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" role=\"img\" aria-label=\"Partition of the {what}\">"
            + $"<line x1=\"{Number(middle)}\" x2=\"{Number(middle)}\" y1=\"0\" y2=\"{height - 20}\" stroke=\"currentColor\" stroke-opacity=\"0.4\"/>{rows}"
            + $"<text x=\"{Left}\" y=\"{height - 6}\" font-size=\"11\" fill=\"currentColor\">more common</text>"
            + $"<text x=\"{Width}\" y=\"{height - 6}\" font-size=\"11\" text-anchor=\"end\" fill=\"currentColor\">more personal</text></svg>";

        double X(double score) => middle + (score / reach * ((Width - Left) / 2.0 - 4));
    }

    private static string Colour(GroupClass group) => group switch
    {
        GroupClass.Personal => "#c2571a",
        GroupClass.Common => "#2a78d6",
        _ => "#8a8f98",
    };

    /// <summary>The end of a name says most.</summary>
    private static string Short(string name) => name.Length <= 40 ? name : "…" + name[^39..];

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
