using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>How prices are measured.</summary>
public sealed record PriceSettings
{
    /// <summary>The output that is watched.</summary>
    public required Value Output { get; init; }

    /// <summary>How it is compared.</summary>
    public required Observation Observation { get; init; }

    /// <summary>Levels at which a site is tried, as shares of its units kept.</summary>
    public IReadOnlyList<double> Levels { get; init; } = [0.7, 0.5, 0.25];

    /// <summary>Batches on which the output is watched.</summary>
    public int Batches { get; init; } = 2;

    /// <summary>Batches from which the statistics of the trial compressions come; a price needs less precision than the build.</summary>
    public int StatisticsBatches { get; init; } = 8;
}

/// <summary>Prices of all sites.</summary>
/// <param name="Curves">One per site, in the order given.</param>
/// <param name="Passes">Forward passes over the watched samples that it took, counting a run from the middle of the network as its share.</param>
public sealed record SitePrices(IReadOnlyList<PriceCurve> Curves, double Passes);

/// <summary>
/// Measures what each site is worth: one site at a time is compressed in closed form at a few levels, everything else dense, and the change of
/// the output is taken as its price; between the levels the local error gives the shape. Each run starts at the site, not at the input.
/// </summary>
public static class PriceMeter
{
    /// <summary>Prices every site; <paramref name="dense"/> is not changed.</summary>
    public static SitePrices Measure(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<PruneSite> sites, CalibrationBatches calibration, PriceSettings settings, CancellationToken cancellationToken)
    {
        using var off = no_grad();
        Dictionary<Node, int> position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        using ActivationStream stream = new(dense, calibration, settings.StatisticsBatches);
        RefitContext context = new BuildSettings().ContextFor(calibration.Samples * stream.Batches / calibration.Batches.Count);
        int watched = Math.Min(settings.Batches, stream.Batches);
        using DisposeScope outer = NewDisposeScope();
        Tensor[] answers = [.. Enumerable.Range(0, watched).Select(i => stream.Run(i, settings.Output)[0])];
        var curves = new PriceCurve[sites.Count];
        double passes = 1;
        foreach (int i in Enumerable.Range(0, sites.Count).OrderBy(i => BuildStep.PositionOf(sites[i], position)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            int at = BuildStep.PositionOf(sites[i], position);
            stream.Advance(at);
            using SiteCompression compression = SiteAccess.Compression(sites[i], null, context);
            compression.Gather(stream, batch => stream.Run(batch, compression.Targets));
            double[] errors = compression.Errors(dense);
            List<(int Keep, double Price)> measured = [];
            foreach (int keep in settings.Levels.Select(l => Math.Clamp((int)Math.Round(l * sites[i].Units), 1, sites[i].Units - 1)).Distinct())
            {
                using LoweredGraph changed = dense.Fork();
                compression.Apply(changed, keep);
                measured.Add((keep, Enumerable.Range(0, watched).Average(b => Price(b, changed))));
                passes += 1 - ((double)at / model.Graph.Nodes.Count);
            }
            curves[i] = PriceCurve.Through(errors, measured);
        }
        return new SitePrices(curves, passes);

        double Price(int batch, LoweredGraph changed)
        {
            using DisposeScope scope = NewDisposeScope();
            return Observations.Of(settings.Observation, answers[batch], stream.Run(changed, batch, settings.Output)[0]);
        }
    }
}
