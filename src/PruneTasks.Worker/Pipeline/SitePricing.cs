using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Chooses how prices are measured, measures them, and says both.</summary>
internal static class SitePricing
{
    /// <summary>Prices of all sites of <paramref name="model"/>.</summary>
    /// <param name="job">Spec and log.</param>
    /// <param name="model">The model.</param>
    /// <param name="graph">The same, lowered; not changed.</param>
    /// <param name="batches">Calibration samples: distinct ones first, then views of them.</param>
    /// <param name="watched">What prices are measured at.</param>
    /// <param name="probes">Measures by random sets.</param>
    /// <param name="cancellation">Looked at between sites.</param>
    public static (IReadOnlyList<PriceCurve> Curves, PriceReport Report) Measure(
        PruneJob job, PreparedModel model, LoweredGraph graph, CalibrationBatches batches, WatchedOutputs watched, Func<PriceSettings, CancellationToken, SitePrices>? probes, CancellationToken cancellation)
    {
        PruneSettings spec = job.Spec.Prune;
        PriceSource? asked = spec.Prices == "auto" ? null : PriceSources.Rows.Single(row => row.Name == spec.Prices).Source;
        PriceWork work = PriceWork.Of(model.Model, CostModel.Of(model.Model, model.OneSample), model.Inventory.Sites);
        PriceSettings wanted = new()
        {
            Output = watched,
            Observation = Answers(job.Spec.Task),
            Distinct = job.Calibration.Count,
            Apart = model.Inventory.Sites.All(s => s is ChannelSite),
            Behind = work.Behind,
            Seed = spec.Seed,
            Progress = job.Progress.Step,
        };
        PriceChoice choice = PriceChoice.Make(asked, wanted, WorkingPoint(spec), work, spec.Time);
        (SitePrices prices, choice) = Run(choice);
        string source = PriceSources.Of(choice.Settings.Source).Name;
        foreach (string line in choice.Shortened) job.Log(line);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"prices by {choice.Reason}; {prices.Passes:0.#} passes of {prices.Samples} samples"));
        return (prices.Curves, new PriceReport
        {
            Source = source,
            Words = PriceSources.Of(choice.Settings.Source).Words,
            Reason = choice.Reason,
            Passes = prices.Passes,
            Samples = prices.Samples,
            Macs = choice.Total,
            Unit = choice.Settings.Source == PriceSource.Tails ? "share" : choice.Settings.Observation == Observation.Divergence ? "kl" : "nmse",
            Shortened = choice.Shortened,
            Sites = [.. model.Inventory.Sites.Zip(prices.Sites, (site, price) => new SitePriceReport(site.Kind.ToSpecName(), site.Name, price.Measured, price.Curve.Prices))],
        });

        (SitePrices, PriceChoice) Run(PriceChoice tried)
        {
            try
            {
                return (tried.Settings.Source == PriceSource.Probes && probes is not null
                    ? probes(tried.Settings, cancellation)
                    : PriceMeter.Measure(model.Model, graph, model.Inventory.Sites, batches, tried.Settings, cancellation), tried);
            }
            catch (PriceGradientException e)
            {
                PriceChoice instead = PriceChoice.Make(null, wanted, WorkingPoint(spec), work, spec.Time);
                return Run(instead with { Shortened = [$"prices: not by gradients: {e.Message}", .. instead.Shortened] });
            }
        }
    }

    /// <summary>A warning for each key on prices that is set where none are needed.</summary>
    public static IEnumerable<PruneDiagnostic> Idle(PruneJob job, bool measured)
    {
        PruneSettings spec = job.Spec.Prune, usual = new();
        if (measured) yield break;
        if (spec.Prices != usual.Prices) yield return NoEffect("prune.prices");
        if (spec.Time != usual.Time) yield return NoEffect("prune.time");

        PruneDiagnostic NoEffect(string key) => PruneDiagnostics.NoEffect.At(job.Spec.File, job.Spec.PlaceNear(key), key, "the widths follow from the spec alone, so nothing is measured");
    }

    /// <summary>How an output of this task is compared.</summary>
    public static Observation Answers(ModelTask task) =>
        task is ModelTask.ImageClassification or ModelTask.TextClassification or ModelTask.CausalLanguageModel ? Observation.Divergence : Observation.SquaredError;

    // The share of every site that a budget leaves on average.
    private static double WorkingPoint(PruneSettings spec) =>
        Math.Clamp(new[] { spec.Budget?.Macs, spec.Budget?.Parameters, spec.Budget?.Bytes, spec.Budget?.Latency }.Min() ?? 0.5, 0.2, 0.8);
}
