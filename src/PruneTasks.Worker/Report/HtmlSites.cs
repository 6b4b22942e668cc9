using System.Globalization;

namespace PruneTasks.Worker.Report;

/// <summary>The part of the page on what was removed, and on what was left dense.</summary>
internal static class HtmlSites
{
    private static readonly (string Kind, string Words)[] Kinds = [("ffn", "FFN width"), ("qk", "query-key rank per head"), ("vo", "value-output rank per head"), ("channel", "channels"), ("group", "key and value groups")];

    /// <summary>Writes both sections.</summary>
    public static void Write(Html page, IReadOnlyList<SiteReport> sites, IReadOnlyList<RefusalReport> refusals)
    {
        page.Heading("Units by layer");
        if (sites.Count == 0)
        {
            page.Raw("<p>No unit that can be pruned was found.</p>");
        }
        else
        {
            Legend(page, sites);
            Bars(page, sites);
        }
        page.Heading("Left dense");
        if (refusals.Count == 0) page.Raw("<p>Nothing that was looked at had to stay dense.</p>");
        else page.Table(["Where", "Why"], refusals.Select(refusal => (string[])[$"<code>{Html.Text(refusal.Node)}</code>", Html.Text(refusal.Reason)]));
    }

    private static void Legend(Html page, IReadOnlyList<SiteReport> sites)
    {
        IEnumerable<string> keys = Kinds.Where(kind => sites.Any(site => site.Kind == kind.Kind))
            .Select(kind => $"<span><i class=\"key\" style=\"background:var(--{kind.Kind})\"></i>{kind.Words}, kept</span>");
        page.Raw($"<p class=\"legend quiet\">{string.Concat(keys)}<span><i class=\"key\" style=\"background:var(--gone)\"></i>removed</span></p>");
    }

    private static void Bars(Html page, IReadOnlyList<SiteReport> sites)
    {
        bool errors = sites.Any(site => site.Error is not null);
        page.Raw($"<div class=\"scroll\"><table class=\"sites\"><thead><tr><th>Block</th><th>Kind</th><th class=\"wide\"></th><th class=\"n\">Kept</th>{(errors ? "<th class=\"n\">Error</th>" : "")}</tr></thead><tbody>");
        int block = 0;
        foreach (SiteReport site in sites)
        {
            string width = (100.0 * site.UnitsKept / Math.Max(1, site.UnitsDense)).ToString("0.##", CultureInfo.InvariantCulture);
            string heads = site.Heads > 1 ? string.Create(CultureInfo.InvariantCulture, $" × {site.Heads}") : "";
            string error = errors ? $"<td class=\"n\">{(site.Error is { } value ? Figures.Small(value) : "")}</td>" : "";
            page.Raw($"<tr{(site.Block == block ? "" : " class=\"layer\"")} title=\"{Html.Text(site.Layer)}\"><th>{(site.Block == block ? "" : site.Block)}</th><td>{Html.Text(site.Kind)}</td>"
                + $"<td class=\"wide\"><div class=\"bar\"><i class=\"{Html.Text(site.Kind)}\" style=\"width:{width}%\"></i></div></td>"
                + $"<td class=\"n\">{site.UnitsKept} of {site.UnitsDense}{heads}</td>{error}</tr>");
            block = site.Block;
        }
        page.Raw("</tbody></table></div>");
        if (errors) page.Raw("<p class=\"quiet\">Error: the share of the layer's output that is lost on the calibration samples after refit.</p>");
    }
}
