using System.Globalization;
using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>The section on prices that were recovered from random sets of sites.</summary>
internal static class ProbesHtml
{
    /// <summary>Writes the section.</summary>
    public static void Write(Html page, ProbedPrices prices, IReadOnlyList<SiteReport> sites)
    {
        page.Heading("Prices from random sets");
        page.Raw(string.Create(
            CultureInfo.InvariantCulture,
            $"<p>{prices.Probes} random sets of sites, each site at half of its units, {prices.Passes:0.#} passes (one by one: {prices.PassesAlone:0.#}). Recovered by {Html.Text(prices.Recovery.Solver)} ({Html.Text(prices.Recovery.Reason)}), "
            + $"shrunk by {prices.Recovery.Shrinkage:0.00} towards what each site loses of its own output; R² on sets left out {prices.Recovery.HeldOutR2:0.00}; three solvers agree on the dearest quarter by {prices.Recovery.Jaccard:0.00} (Jaccard).</p>"));
        page.Table(
            ["Layer", "Kind", "#Recovered", "#Price", "#5 %", "#95 %"],
            sites.Select((site, i) => (string[])
            [
                $"<code>{Html.Text(site.Layer)}</code>", Html.Text(site.Kind), Figures.Small(prices.Recovery.Importance[i]), Figures.Small(prices.Recovery.Prices[i]),
                Figures.Small(prices.Intervals[i].Low), Figures.Small(prices.Intervals[i].High),
            ]));
    }
}
