using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Pricing;
using PruneTasks.Torch.Probing;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <content>What is measured by switching sets of units off.</content>
internal sealed partial class TorchNetwork
{
    /// <summary>Samples that a probe is watched on.</summary>
    private const int Watched = 64;

    /// <summary>Shares of <c>prune.time</c> that the check of the prices, and the partition, may take.</summary>
    private const double CheckShare = 0.1, PartitionShare = 0.2;

    /// <summary>Neurons of one group at the level of units.</summary>
    private const int Chunk = 16;

    /// <summary>Samples for closed forms; half as many as prices take. Not to be disposed.</summary>
    private CalibrationBatches Statistics => _batches.Some(2 * Watched, _job.Calibration.Count);

    private bool IsDistribution => SitePricing.Answers(_job.Spec.Task) == Observation.Divergence;

    /// <summary>How prices were recovered from random sets of sites; null if they were not.</summary>
    public ProbedPrices? Probed { get; private set; }

    private SitePrices ByProbes(PriceSettings wanted, CancellationToken cancellation)
    {
        PruneSettings settings = _job.Spec.Prune;
        CalibrationBatches statistics = _batches.Some(wanted.Statistics, wanted.Distinct), watched = statistics.Some(wanted.Watched);
        Probed = ProbePrices.Measure(
            _model.Model, _graph, _model.Inventory.Sites, statistics, watched,
            new ProbePriceSettings
            {
                Output = wanted.Output,
                Distribution = wanted.Observation == Observation.Divergence,
                Count = settings.Partition.Count,
                Solver = settings.Partition.Solver,
                Bootstrap = settings.Partition.Bootstrap,
                Seed = wanted.Seed,
                Progress = _job.Progress.Step,
            },
            cancellation);
        _job.Log(string.Create(
            CultureInfo.InvariantCulture,
            $"{Probed.Probes} random sets, one by one would take {Probed.PassesAlone:0.#} passes; {Probed.Recovery.Solver}: {Probed.Recovery.Reason}; R² held out {Probed.Recovery.HeldOutR2:0.00}, prior {Probed.Recovery.Shrinkage:0.00}"));
        return new SitePrices([.. Probed.Curves.Select((c, i) => new SitePrice(c, [(Probed.Keep[i], Probed.Recovery.Prices[i])]))], Probed.Passes, watched.Samples);
    }

    /// <summary>Which sites, and which units, the app's own data needs more than everyone's.</summary>
    public PartitionReport Partition(CancellationToken cancellation)
    {
        PartitionSettings settings = _job.Spec.Prune.Partition;
        CalibrationSet set = _job.Calibration;
        Sample[] own = [.. set.Samples.Take(_job.PersonalSamples).Take(Watched)], others = [.. set.Samples.Skip(_job.PersonalSamples).Take(Watched)];
        if (Math.Min(own.Length, others.Length) < GroupPartition.LeastSamples)
            return new PartitionReport($"{own.Length} personal and {others.Length} common samples: at least {GroupPartition.LeastSamples} of each are needed");
        using CalibrationBatches personal = Batches(own), common = Batches(others);
        double limit = PassLimit(PartitionShare, own.Length + others.Length);
        (PruneSite Site, int Keep)[] half = [.. _model.Inventory.Sites.Where(s => s.Units > 1).Select(s => (s, s.Units / 2))];
        if (half.Length == 0) return new PartitionReport("no site has more than one unit");
        MeasuredPartition sites = Measure(ProbeGroups.Sites(_model.Model, _graph, half, Statistics, cancellation),
            _job.Spec.Prune.Prices == "probes" ? ProbeDesign.Recommended(half.Length) : 0, limit);
        // Units cost many passes: only where they are asked for.
        MeasuredPartition? units = settings.Probes != "on" || !half.Any(s => s.Site is FfnSite or ValueOutputSite or ChannelSite) ? null : Measure(
            ProbeGroups.Units(_model.Model, _graph, _model.Inventory.Sites, Statistics, Chunk, cancellation), settings.Count, limit);
        return new PartitionReport(null) { Sites = sites, SiteList = [.. half.Select(s => s.Site)], Units = units, Personal = own.Length, Common = others.Length };

        CalibrationBatches Batches(Sample[] samples) =>
            CalibrationBatches.Create(_model.Model.Graph, new CalibrationSet(set.Inputs, [.. samples.Select(s => s with { Weight = 1 })]).WeightedBatches(BatchSize));

        MeasuredPartition Measure(IReadOnlyList<ProbeGroup> groups, int probes, double passes)
        {
            try
            {
                MeasuredPartition measured = PartitionMeter.Measure(
                    _model.Model, _graph, groups, personal, common,
                    new PartitionMeterSettings
                    {
                        Output = _watched,
                        Distribution = IsDistribution,
                        PassLimit = passes,
                        Probes = probes,
                        Solver = settings.Solver,
                        Share = groups.Count < 64 ? 0.3 : 0.05,
                        Bootstrap = settings.Bootstrap,
                        Seed = _job.Spec.Prune.Seed,
                        Progress = _job.Progress.Step,
                    },
                    cancellation);
                _job.Log(string.Create(
                    CultureInfo.InvariantCulture,
                    $"partition: {measured.Choice.Reason}; {(measured.Partition.Separable ? "separable" : "not separable")}, spread {measured.Partition.Spread:0.000}, null {measured.Partition.NullSpread:0.000}"));
                return measured;
            }
            finally
            {
                foreach (ProbeGroup group in groups) group.Dispose();
            }
        }
    }

    /// <summary>Whether prices add up at the widths of <paramref name="plan"/>; where they do not, new curves.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="curves">The curves that it was made from.</param>
    /// <param name="again">Whether new curves are wanted.</param>
    /// <param name="cancellation">Looked at between probes.</param>
    /// <returns>What was measured; curves to plan with again, or null.</returns>
    public (AdditivityReport Report, IReadOnlyList<PriceCurve>? Curves) CheckPrices(PrunePlan plan, IReadOnlyList<PriceCurve> curves, bool again, CancellationToken cancellation)
    {
        SitePlan[] cut = [.. plan.Sites.Where(s => s.Remove > 0)];
        if (cut.Length < AdditivityCheck.LeastGroups) return (new AdditivityReport($"the plan cuts {cut.Length} sites: fewer than {AdditivityCheck.LeastGroups}"), null);
        // A site alone takes about half a pass, a union nearly a whole one, all at once one.
        (int Samples, int Unions) = new[] { (Watched, 12), (Watched / 2, 12), (Watched / 2, 6), (Watched / 4, 6) }
            .FirstOrDefault(c => 2 + (0.6 * cut.Length) + c.Item2 <= PassLimit(CheckShare, Statistics.Some(c.Item1).Samples));
        if (Samples == 0) return (new AdditivityReport("a tenth of prune.time is too little for it"), null);
        CalibrationBatches watched = Statistics.Some(Samples);
        using AdditivityCheck check = new(
            _model.Model, _graph, plan, Statistics, watched,
            new AdditivitySettings
            {
                Output = _watched,
                Distribution = IsDistribution,
                Unions = Unions,
                Seed = _job.Spec.Prune.Seed,
                Progress = _job.Progress.Step,
            },
            cancellation);
        AdditivityMeasurement measured = check.Measure(cancellation)!;
        Additivity fit = measured.Observations[0].Fit;
        double[] priced = [.. plan.Sites.Zip(curves).Where(p => p.First.Remove > 0).Select(p => p.Second.Prices[p.First.Keep])];
        AdditivityReport report = new(null)
        {
            Measured = measured,
            Samples = watched.Samples,
            RankCorrelation = RankAgreement.Spearman(priced, measured.Alone),
        };
        _job.Log(string.Create(CultureInfo.InvariantCulture, $"additivity of {Unions} unions: R² {fit.R2:0.00}, measured / sum {fit.Ratio:0.00}, error {fit.Error:0.00}; all at once {measured.Observations[0].AllRatio:0.00}"));
        if (measured.Holds || !again) return (report, null);
        (IReadOnlyList<PriceCurve> repriced, double passes) = check.Reprice(measured, _model.Inventory.Sites, curves, cancellation);
        _job.Log("prices do not add up: each was measured again in the company of the others");
        return (report with { RepricePasses = passes }, repriced);
    }

    /// <summary>Passes over so many samples that a share of <c>prune.time</c> pays for.</summary>
    private double PassLimit(double share, int samples) =>
        share * _job.Spec.Prune.Time * 60 * PriceChoice.NominalRate / (Math.Max(1.0, samples) * Math.Max(1, CostModel.Of(_model.Model, _model.OneSample).Total.Macs));
}
