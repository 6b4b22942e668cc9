using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;

namespace PruneTasks.Torch.Probing;

/// <summary>How the homomorphism is measured.</summary>
public sealed record AdditivitySettings
{
    /// <summary>The output that is watched.</summary>
    public required WatchedOutputs Output { get; init; }

    /// <summary>Whether its last axis is one distribution over classes.</summary>
    public required bool Distribution { get; init; }

    /// <summary>Told how many probes are done, of how many; may be <see langword="null"/>.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Number of random unions.</summary>
    public int Unions { get; init; } = 12;

    /// <summary>Share of the groups in one union; at least two groups.</summary>
    public double Share { get; init; } = 0.3;

    /// <summary>Of the unions.</summary>
    public int Seed { get; init; } = 42;
}

/// <summary>One observation: is the increase of a union the sum of the increases of its parts?</summary>
/// <param name="Observation">What is observed.</param>
/// <param name="Fit">On the random unions.</param>
/// <param name="AllRatio">Measured / sum for all groups at once, the plan without a repair of one layer for another.</param>
/// <param name="Points">Sum and measured value of each union, for a picture.</param>
public sealed record ObservedAdditivity(ProbeObservation Observation, Additivity Fit, double AllRatio, IReadOnlyList<(double Sum, double Measured)> Points);

/// <summary>What was measured.</summary>
/// <param name="Observations">One entry for each observation; the first is the one that prices are made of.</param>
/// <param name="Alone">[cut site]: the first observation, the site alone at the width of the plan.</param>
/// <param name="All">The first observation, all sites at once.</param>
/// <param name="Sites">The sites that the plan cuts.</param>
/// <param name="Passes">Forward passes over the watched samples.</param>
public sealed record AdditivityMeasurement(
    IReadOnlyList<ObservedAdditivity> Observations, IReadOnlyList<double> Alone, double All, IReadOnlyList<PruneSite> Sites, double Passes)
{
    /// <summary>The observation that prices are made of is additive, so that sums of prices may be trusted.</summary>
    public bool Holds => Observations[0].Fit.Holds;
}

/// <summary>Measures, at the widths of a plan, whether prices add up; and shares out what they do not.</summary>
public sealed class AdditivityCheck : IDisposable
{
    /// <summary>With fewer groups there are no unions to compare.</summary>
    public const int LeastGroups = 4;

    private readonly OnnxModel _model;
    private readonly LoweredGraph _dense;
    private readonly CalibrationBatches _watched;
    private readonly AdditivitySettings _settings;
    private readonly SitePlan[] _cut;
    private readonly IReadOnlyList<ProbeGroup> _groups;

    /// <summary>Compresses every site that the plan cuts, one by one.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dense">The same, lowered; not changed.</param>
    /// <param name="plan">The widths.</param>
    /// <param name="statistics">Samples for the closed forms.</param>
    /// <param name="watched">Samples on which the output is watched; not disposed.</param>
    /// <param name="settings">Unions.</param>
    /// <param name="cancellationToken">Looked at between sites.</param>
    public AdditivityCheck(
        OnnxModel model, LoweredGraph dense, PrunePlan plan, CalibrationBatches statistics, CalibrationBatches watched, AdditivitySettings settings, CancellationToken cancellationToken)
    {
        (_model, _dense, _watched, _settings) = (model, dense, watched, settings);
        _cut = [.. plan.Sites.Where(s => s.Remove > 0)];
        _groups = ProbeGroups.Sites(model, dense, [.. _cut.Select(s => (s.Site, s.Keep))], statistics, cancellationToken);
    }

    /// <summary>Measures each site alone, random unions, and all sites at once.</summary>
    /// <returns>Null if the plan cuts fewer than <see cref="LeastGroups"/> sites.</returns>
    public AdditivityMeasurement? Measure(CancellationToken cancellationToken)
    {
        int n = _groups.Count;
        if (n < LeastGroups) return null;
        ProbeDesign design = ProbeDesign.Create(n, Math.Max(_settings.Share, 2.0 / n), _settings.Unions, _settings.Seed);
        int[] all = [.. Enumerable.Range(0, n)];
        ProbeReadings readings = Read([.. all.Select(i => (int[])[i]), .. design.Probes.Select(p => p.Groups), all], cancellationToken);
        ProbeObservation[] observations = [.. readings.Probes[0].PerSample.Keys];
        return new AdditivityMeasurement(
            [.. observations.Select(o =>
            {
                double[] means = readings.Means(o);
                double[] sums = [.. design.Probes.Select(p => p.Groups.Sum(g => means[g]))], measured = means[n..^1];
                return new ObservedAdditivity(o, Additivity.Of(measured, sums), means[^1] / means[..n].Sum(), [.. sums.Zip(measured)]);
            })],
            readings.Means(observations[0])[..n], readings.Means(observations[0])[^1], [.. _cut.Select(s => s.Site)], readings.Passes);
    }

    /// <summary>
    /// Prices of the cut sites in the company of each other (<see cref="Additivity.Shared"/>): one more probe for each site. A curve keeps its
    /// shape and goes through the new price at the plan's width; sites that the plan does not cut are scaled as the others are on average.
    /// </summary>
    /// <param name="measurement">Of <see cref="Measure"/>.</param>
    /// <param name="sites">All sites of the plan, in its order.</param>
    /// <param name="curves">Their present curves.</param>
    /// <param name="cancellationToken">Looked at between probes.</param>
    /// <returns>New curves, and the passes it took.</returns>
    public (IReadOnlyList<PriceCurve> Curves, double Passes) Reprice(
        AdditivityMeasurement measurement, IReadOnlyList<PruneSite> sites, IReadOnlyList<PriceCurve> curves, CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, _groups.Count)];
        ProbeReadings readings = Read([.. all.Select(i => (int[])[.. all.Where(j => j != i)])], cancellationToken);
        double[] prices = Additivity.Shared(measurement.Alone, measurement.All, readings.Means(measurement.Observations[0].Observation));
        // Where others hide a price wholly, a tenth of the price alone is left: nothing is free.
        prices = [.. prices.Zip(measurement.Alone, (p, alone) => Math.Max(p, alone / 10))];
        double expected = sites.Zip(curves, (site, curve) => (Cut(site), curve)).Where(p => p.Item1 >= 0).Sum(p => p.curve.Prices[_cut[p.Item1].Keep]);
        double scale = expected > 0 && prices.Sum() > 0 ? prices.Sum() / expected : 1;
        return (
            [.. sites.Zip(curves, (site, curve) =>
            {
                int at = Cut(site);
                return at >= 0 && curve.Prices[_cut[at].Keep] > 0
                    ? PriceCurve.Through(curve.Prices, [(_cut[at].Keep, prices[at])])
                    : new PriceCurve([.. curve.Prices.Select(p => p * scale)]);
            })],
            readings.Passes);

        int Cut(PruneSite site) => Array.FindIndex(_cut, s => ReferenceEquals(s.Site, site));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ProbeGroup group in _groups) group.Dispose();
    }

    private ProbeReadings Read(IReadOnlyList<IReadOnlyList<int>> probes, CancellationToken cancellationToken) => ProbeMeter.Measure(
        _model, _dense, _groups, probes, _watched, _settings.Output, _settings.Distribution, cancellationToken, _settings.Progress);
}
