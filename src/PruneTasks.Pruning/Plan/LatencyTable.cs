namespace PruneTasks.Pruning;

/// <summary>Measured time that narrower sites save, on one machine. Not linear in the width: kernels work in panels.</summary>
/// <param name="Start">Time of the model before any unit goes, as a share of the dense model's: below 1 where exact rewrites came first.</param>
/// <param name="Saved">For each site [units + 1]: share of the dense model's time saved with that many units kept; 0 with all of them.</param>
public sealed record LatencyTable(double Start, IReadOnlyDictionary<PruneSite, IReadOnlyList<double>> Saved)
{
    /// <summary>What one site saves.</summary>
    public double SavedBy(PruneSite site, int keep) => Saved.TryGetValue(site, out IReadOnlyList<double>? curve) ? curve[keep] : 0;

    /// <summary>
    /// A curve through measured widths, linear between them; time never rises as fewer units stay (a measurement that says so is noise).
    /// </summary>
    /// <param name="units">Units of the dense site.</param>
    /// <param name="measured">Widths with the share saved, each below <paramref name="units"/>.</param>
    public static IReadOnlyList<double> Curve(int units, IEnumerable<(int Keep, double Saved)> measured)
    {
        List<(int Keep, double Saved)> points = [(units, 0)];
        foreach ((int keep, double saved) in measured.OrderByDescending(m => m.Keep))
            if (keep < points[^1].Keep) points.Add((keep, Math.Max(saved, points[^1].Saved)));
        var curve = new double[units + 1];
        for (int keep = 0; keep <= units; keep++)
        {
            int below = points.FindIndex(p => p.Keep <= keep);
            // Narrower than anything measured: nothing more is promised.
            curve[keep] = below < 0 ? points[^1].Saved
                : below == 0 ? 0
                : points[below].Saved + ((points[below - 1].Saved - points[below].Saved) * (keep - points[below].Keep) / (points[below - 1].Keep - points[below].Keep));
        }
        return curve;
    }
}
