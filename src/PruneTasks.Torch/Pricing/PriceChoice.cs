using System.Globalization;

namespace PruneTasks.Torch.Pricing;

/// <summary>What is measured, and why.</summary>
/// <param name="Settings">What is measured.</param>
/// <param name="Total">Multiply-accumulates that it takes, as counted before.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Shortened">What the limit took away, one line each.</param>
public sealed record PriceChoice(PriceSettings Settings, double Total, string Reason, IReadOnlyList<string> Shortened)
{
    /// <summary>Multiply-accumulates that count as one second: a fixed rate, so that the same spec gives the same bytes on any machine.</summary>
    public const double NominalRate = 20e9;

    /// <summary>
    /// The best that fits into <paramref name="minutes"/> of work at <see cref="NominalRate"/>: curves, curves on half the samples, these through every
    /// second level, one level, one level on half the samples, tails. A source that was asked for by name is kept, on half the samples if need be.
    /// </summary>
    /// <param name="asked">The source asked for, or <see langword="null"/> for the best that fits.</param>
    /// <param name="wanted">Everything as it would be without a limit; its levels are those of the curves.</param>
    /// <param name="level">The one level, as the share of units kept at the working point.</param>
    /// <param name="work">Counts.</param>
    /// <param name="minutes">The limit.</param>
    public static PriceChoice Make(PriceSource? asked, PriceSettings wanted, double level, PriceWork work, double minutes)
    {
        double limit = minutes * 60 * NominalRate;
        PriceSource[] sources = asked is { } named ? [named] : [PriceSource.Curves, PriceSource.Level, PriceSource.Tails];
        PriceSettings[] ladder = [.. sources.SelectMany(s => Variants(wanted with { Source = s, Levels = s == PriceSource.Level ? [level] : wanted.Levels }))];
        PriceSettings chosen = ladder.FirstOrDefault(s => work.Total(s) <= limit) ?? ladder[^1];
        double full = work.Total(ladder[0]), total = work.Total(chosen);
        List<string> shortened = [];
        if (chosen.Source != ladder[0].Source)
            shortened.Add($"prices: {Name(chosen)} in place of {Name(ladder[0])}, which would take {Amount(full)} of work");
        if (chosen.Watched != wanted.Watched && chosen.Source != PriceSource.Tails)
            shortened.Add(string.Create(CultureInfo.InvariantCulture, $"prices: measured on {chosen.Watched} samples, not {wanted.Watched}"));
        if (chosen.Source == ladder[0].Source && chosen.Levels.Count < ladder[0].Levels.Count)
            shortened.Add(string.Create(CultureInfo.InvariantCulture, $"prices: at {chosen.Levels.Count} widths of each place, not {ladder[0].Levels.Count}"));
        string size = $"{Amount(total)} of work, {Number(minutes)} minutes allowed (prune.time)";
        string reason = total > limit ? $"{Name(chosen)}, the least there is: {size}"
            : asked is not null ? $"{Name(chosen)}, as asked: {size}"
            : $"{Name(chosen)}: {size}";
        return new PriceChoice(chosen, total, reason, shortened);
    }

    private static IEnumerable<PriceSettings> Variants(PriceSettings full)
    {
        PriceSettings half = full with { Watched = Math.Max(1, full.Watched / 2), Statistics = Math.Max(1, full.Statistics / 2) };
        return full.Source == PriceSource.Curves && full.Levels.Count > 2
            ? [full, half, half with { Levels = [.. full.Levels.Where((_, i) => i % 2 == 0)] }] : [full, half];
    }

    private static string Name(PriceSettings settings) => PriceSources.Of(settings.Source).Name;

    private static string Amount(double macs) => $"{Number(macs / (60 * NominalRate))} minutes";

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
