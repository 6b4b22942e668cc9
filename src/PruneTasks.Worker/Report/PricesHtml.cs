using System.Globalization;

namespace PruneTasks.Worker.Report;

/// <summary>The part of the page on prices: one small curve for each site, with the width that was chosen.</summary>
internal static class PricesHtml
{
    private const int Width = 180, Height = 30;

    /// <summary>Writes the section; nothing where the plan needed no prices.</summary>
    public static void Write(Html page, PriceReport? prices)
    {
        if (prices is null) return;
        page.Heading("Prices by layer");
        page.Raw($"<p class=\"quiet\">{Html.Text(char.ToUpperInvariant(prices.Words[0]) + prices.Words[1..])}{(prices.Passes > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {prices.Passes:0.#} passes over {prices.Samples} samples") : "")}. "
            + $"Measured by {Html.Text(prices.Reason)}.</p>");
        foreach (string line in prices.Shortened) page.Raw($"<p class=\"quiet\">Shortened: {Html.Text(line)}.</p>");
        double most = Math.Max(1e-300, prices.Sites.Max(site => site.Curve.Count > 1 ? site.Curve[1] : 0));
        IReadOnlyList<int> blocks = BlockNumbers.Of(prices.Sites.Select(site => site.Kind));
        page.Raw("<div class=\"scroll\"><table class=\"sites\"><thead><tr><th>Block</th><th>Kind</th><th>Price over units kept</th><th class=\"n\">Kept</th><th class=\"n\">Price</th></tr></thead><tbody>");
        for (int i = 0; i < prices.Sites.Count; i++)
        {
            SitePriceReport site = prices.Sites[i];
            bool first = i == 0 || blocks[i] != blocks[i - 1];
            page.Raw($"<tr{(first ? " class=\"layer\"" : "")} title=\"{Html.Text(site.Layer)}\"><th>{(first ? blocks[i] : "")}</th><td>{Html.Text(site.Kind)}</td><td>{Curve(site, most)}</td>"
                + $"<td class=\"n\">{(site.Kept is { } kept ? $"{kept} of {site.Curve.Count - 1}" : "")}</td><td class=\"n\">{(site.Kept is { } at ? Figures.Small(site.Curve[at]) : "")}</td></tr>");
        }
        string unit = prices.Unit switch { "kl" => "KL to the dense answer, nats", "nmse" => "squared difference over the dense answer's variance", _ => "share of what the site carries" };
        page.Raw("</tbody></table></div>").Raw($"<p class=\"quiet\">Price: {unit}, when this site alone is narrowed; height by its square root, the same scale for all. Rings are measured, the line marks the width that was chosen.</p>");
    }

    private static string Curve(SitePriceReport site, double most)
    {
        int units = Math.Max(1, site.Curve.Count - 1);
        IEnumerable<string> points = Enumerable.Range(1, units).Select(keep => $"{X(keep)},{Y(site.Curve[keep])}");
        IEnumerable<string> rings = site.Measured.Select(m => $"<circle cx=\"{X(m.Keep)}\" cy=\"{Y(m.Price)}\" r=\"2\" fill=\"none\" stroke=\"currentColor\"/>");
        string chosen = site.Kept is { } kept ? $"<path d=\"M{X(kept)} 0V{Height}\" stroke=\"var(--dense)\"/>" : "";
        return $"<svg width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"price curve\">{chosen}"
            + $"<polyline fill=\"none\" stroke=\"var(--{Html.Text(site.Kind)}, currentColor)\" stroke-width=\"1.5\" points=\"{string.Join(' ', points)}\"/>{string.Concat(rings)}</svg>";

        string X(int keep) => Number(2 + ((Width - 4.0) * keep / units));
        string Y(double price) => Number(Height - 2 - ((Height - 4) * Math.Sqrt(Math.Clamp(price / most, 0, 1))));
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
