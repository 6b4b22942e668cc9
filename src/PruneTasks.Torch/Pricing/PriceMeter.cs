using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>
/// Measures what each site is worth: one site at a time is compressed in closed form at a few levels, everything else dense, and the change of
/// the output is taken as its price; between the levels the local error gives the shape. Each run starts at the site, not at the input.
/// </summary>
public static class PriceMeter
{
    /// <summary>Prices every site; <paramref name="dense"/> is not changed.</summary>
    /// <exception cref="ArgumentException">Probes are not measured site by site.</exception>
    /// <exception cref="PriceGradientException">The source needs gradients, and none reach a site.</exception>
    public static SitePrices Measure(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<PruneSite> sites, CalibrationBatches calibration, PriceSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Source == PriceSource.Probes) throw new ArgumentException("probes have a meter of their own", nameof(settings));
        using var off = no_grad();
        using DisposeScope outer = NewDisposeScope();
        CalibrationBatches samples = calibration.Only(calibration.Spread(settings.Statistics, settings.Distinct));
        (int[] fit, int[] watched) = Split(samples, settings);
        double effective = samples.Only(fit).EffectiveSamples();
        CalibrationBatches seen = samples.Only(watched);
        using ActivationStream stream = new(dense, samples);
        IReadOnlyList<(int Keep, double Price)>[] measured = [.. sites.Select(_ => (IReadOnlyList<(int, double)>)[])];
        IReadOnlyList<double> levels = settings.Source == PriceSource.Tails ? [] : settings.Levels;
        double[][] errors;
        double passes;
        int trials = 0;
        if (settings.Source == PriceSource.Fisher)
        {
            using FisherTrials fisher = new(dense, sites, settings);
            errors = SiteTrials.Visit(model, sites, stream, fit, effective, levels, fisher.Add, cancellationToken);
            (measured, passes) = fisher.Measure(seen, cancellationToken);
        }
        else
        {
            Tensor[] answers = [.. watched.Select(i => settings.Output.Read(values => stream.Run(i, values)))];
            passes = levels.Count == 0 ? 0 : 1;
            errors = SiteTrials.Visit(model, sites, stream, fit, effective, levels, trial =>
            {
                using LoweredGraph changed = trial.Changed;
                double price = Enumerable.Range(0, watched.Length).Average(b => Price(answers[b], changed, watched[b]));
                measured[trial.Site] = [.. measured[trial.Site], (trial.Keep, price)];
                settings.Progress?.Invoke(++trials, sites.Count * levels.Count);
                passes += settings.Behind?[trial.Position] ?? 1 - ((double)trial.Position / model.Graph.Nodes.Count);
            }, cancellationToken);
        }
        return new SitePrices([.. errors.Zip(measured, (e, m) => new SitePrice(PriceCurve.Through(levels.Count == 0 ? Relative(e) : e, m), m))], passes, seen.Samples);

        double Price(Tensor answer, LoweredGraph changed, int batch)
        {
            using DisposeScope scope = NewDisposeScope();
            return Observations.Of(settings.Observation, answer, settings.Output.Read(values => stream.Run(changed, batch, values)));
        }
    }

    /// <summary>Batches for statistics, and batches to watch.</summary>
    private static (int[] Fit, int[] Watched) Split(CalibrationBatches samples, PriceSettings settings)
    {
        int[] all = [.. Enumerable.Range(0, samples.Batches.Count)];
        if (!settings.Apart) return (all, samples.Spread(settings.Watched));
        int[] watched = samples.Spread(Math.Min(settings.Watched, samples.Samples / 3)), fit = [.. all.Except(watched)];
        // A single batch has to do both.
        return fit.Any(batch => samples.Weight(batch) > 0) ? (fit, watched) : (all, watched);
    }

    // As a share of what the site carries: errors of unlike sites have no common unit.
    private static double[] Relative(double[] errors) => errors[0] > 0 ? [.. errors.Select(e => e / errors[0])] : errors;
}
