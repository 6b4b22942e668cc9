using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;

namespace PruneTasks.Torch.Probing;

/// <summary>How prices are recovered from random sets of sites.</summary>
public sealed record ProbePriceSettings
{
    /// <summary>The output that is watched.</summary>
    public required WatchedOutputs Output { get; init; }

    /// <summary>Whether its last axis is one distribution over classes; then KL is the price, else the squared error.</summary>
    public required bool Distribution { get; init; }

    /// <summary>Told how many probes are done, of how many; may be <see langword="null"/>.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Random sets; 0: <see cref="ProbeDesign.Recommended"/>.</summary>
    public int Count { get; init; }

    /// <summary>See <see cref="SparseRecovery.Recover"/>.</summary>
    public string Solver { get; init; } = "auto";

    /// <summary>Share of the sites in one set.</summary>
    public double Share { get; init; } = 0.3;

    /// <summary>Share of its units that a compressed site keeps.</summary>
    public double Level { get; init; } = 0.5;

    /// <summary>Draws behind the intervals.</summary>
    public int Bootstrap { get; init; } = 200;

    /// <summary>Of the sets and the draws.</summary>
    public int Seed { get; init; } = 42;
}

/// <summary>Prices recovered from random sets.</summary>
/// <param name="Curves">One for each site, in the order given.</param>
/// <param name="Recovery">How.</param>
/// <param name="Intervals">5–95 % of the price of each site at the working level, over permutations and samples.</param>
/// <param name="Probes">Number of random sets.</param>
/// <param name="Keep">Width at which each site was compressed.</param>
/// <param name="Passes">Forward passes over the watched samples.</param>
/// <param name="PassesAlone">Passes that one site after the other would have taken.</param>
public sealed record ProbedPrices(
    IReadOnlyList<PriceCurve> Curves, Recovery Recovery, IReadOnlyList<Interval> Intervals, int Probes, IReadOnlyList<int> Keep, double Passes, double PassesAlone);

/// <summary>Prices by random sub-sampling and sparse recovery: one level for each site, its local error curve for all others.</summary>
public static class ProbePrices
{
    /// <summary>Prices every site; <paramref name="dense"/> is not changed.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dense">The same, lowered.</param>
    /// <param name="sites">Its sites.</param>
    /// <param name="statistics">Samples for the closed forms.</param>
    /// <param name="watched">Samples on which the output is watched.</param>
    /// <param name="settings">Sets and solver.</param>
    /// <param name="cancellationToken">Looked at between probes.</param>
    public static ProbedPrices Measure(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<PruneSite> sites, CalibrationBatches statistics, CalibrationBatches watched,
        ProbePriceSettings settings, CancellationToken cancellationToken)
    {
        (PruneSite Site, int Keep)[] half = [.. sites.Select(s => (s, Math.Clamp((int)Math.Round(settings.Level * s.Units), 1, Math.Max(1, s.Units - 1))))];
        IReadOnlyList<(ProbeGroup Group, double[] Errors)> made = ProbeGroups.SitesWithErrors(model, dense, half, statistics, cancellationToken);
        try
        {
            ProbeGroup[] groups = [.. made.Select(m => m.Group)];
            ProbeDesign design = ProbeDesign.Create(sites.Count, settings.Share, settings.Count > 0 ? settings.Count : ProbeDesign.Recommended(sites.Count), settings.Seed);
            ProbeReadings readings = ProbeMeter.Measure(
                model, dense, groups, [.. design.Probes.Select(p => p.Groups)], watched, settings.Output, settings.Distribution, cancellationToken, settings.Progress);
            ProbeObservation price = settings.Distribution ? ProbeObservation.Divergence : ProbeObservation.LogitError;
            // The prior: what share of its own output the site loses.
            double[] prior = [.. made.Zip(half, (m, s) => m.Errors[0] > 0 ? m.Errors[s.Keep] / m.Errors[0] : 0)];
            // The logit error is the most nearly additive (docs/decisions/0011): it says the proportions, the price its size.
            double[] errors = readings.Means(ProbeObservation.LogitError);
            Recovery recovery = SparseRecovery.Recover(design, errors, prior, settings.Solver);
            double scale = errors.Zip(readings.Means(price), (e, p) => e * p).Sum() / Math.Max(double.Epsilon, errors.Sum(e => e * e));
            Interval[] intervals = Bootstrap.OfRecovery(
                design, [.. readings.Probes.Select(p => p.PerSample[ProbeObservation.LogitError])], prior, recovery, settings.Bootstrap, settings.Seed);
            recovery = recovery with { Importance = Scaled(recovery.Importance), Prices = Scaled(recovery.Prices) };
            return new ProbedPrices(
                [.. made.Select((m, i) => PriceCurve.Through(m.Errors, [(half[i].Keep, recovery.Prices[i])]))], recovery,
                [.. intervals.Select(i => new Interval(scale * i.Low, scale * i.High))], design.Probes.Count, [.. half.Select(s => s.Keep)], readings.Passes,
                ProbeMeter.PassesAlone(model, groups));

            double[] Scaled(IReadOnlyList<double> values) => [.. values.Select(v => scale * v)];
        }
        finally
        {
            foreach ((ProbeGroup group, _) in made) group.Dispose();
        }
    }
}
