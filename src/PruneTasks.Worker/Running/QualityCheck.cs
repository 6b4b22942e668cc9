using System.Globalization;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Running;

/// <summary>Holds a pruned model to the spec's <c>quality</c>.</summary>
internal static class QualityCheck
{
    /// <summary>What the spec alone, or the data before any work, shows to be impossible.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="set">What the contract is measured on, for the message.</param>
    /// <param name="samples">Some of its samples.</param>
    /// <exception cref="PruneDiagnosticException">The metric does not exist here.</exception>
    public static void RequireMeasurable(PruneSpec spec, string set, IEnumerable<Sample> samples)
    {
        if (spec.Quality is not { } contract) return;
        switch (contract.Metric)
        {
            case "perplexity" when spec.Task != ModelTask.CausalLanguageModel:
                throw Unmeasurable(spec, "it is for 'task: causal-lm' only; use kl or agreement");
            case "agreement" or "kl" or "top1" when spec.Task == ModelTask.TextEmbedding:
                throw Unmeasurable(spec, "an embedding has no classes; use cosine");
            case "top1" when !samples.Any(sample => sample.Label is not null):
                throw Unmeasurable(spec, $"the {set} data has no labels (folders named as the classes); use agreement or kl");
        }
    }

    /// <summary>Measures the contract.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="evaluations">Sets that were run; the last is the one that says most: test, else hold-out, else calibration.</param>
    /// <param name="estimate">Gives, for the drop measured, the budget that would fit; null where nothing can be estimated.</param>
    /// <returns>Null without a contract.</returns>
    /// <exception cref="PruneDiagnosticException">The metric does not exist for these models.</exception>
    public static QualityReport? Measure(PruneSpec spec, IReadOnlyList<SetEvaluation> evaluations, Func<QualityContract, double, FittingBudget?> estimate)
    {
        if (spec.Quality is not { } contract) return null;
        SetEvaluation evaluation = evaluations[^1];
        MetricValue value = MetricValue.Of(evaluation.Result, contract.Metric)
            ?? throw Unmeasurable(spec, contract.Metric == "perplexity" ? "the output does not hold scores of the next token for every token of the input"
                : contract.Metric == "top1" ? $"the {evaluation.Set} data has no labels, or the first output no class scores"
                : "the first output does not hold what it compares");
        bool met = value.Drop <= contract.MaxDrop;
        return new QualityReport(contract, evaluation.Set, value, met, met ? null : estimate(contract, value.Drop));
    }

    /// <summary>The diagnostic of a missed contract: an error, or a warning where the spec says so; null if it is kept.</summary>
    public static PruneDiagnostic? Judge(PruneSpec spec, QualityReport? quality)
    {
        if (quality is not { Met: false } report) return null;
        PruneDiagnosticDescriptor row = report.Contract.OnMiss == "warn" ? PruneDiagnostics.QualityMissed with { Severity = PruneSeverity.Warning } : PruneDiagnostics.QualityMissed;
        MetricValue value = report.Value;
        return row.At(
            spec.File, spec.PlaceNear("quality.max-drop"), value.Metric, Number(value.Before), Number(value.After),
            report.Set == "calibration" ? "calibration (nothing could be held back)" : report.Set, value.Samples,
            Number(value.Drop), Number(value.Interval.Low), Number(value.Interval.High), Number(report.Contract.MaxDrop), Advice(report.Fits));
    }

    private static string Advice(FittingBudget? fits) => fits switch
    {
        null => "raise the budget or the limit",
        { Share: < 1 } => $"by the measured prices, about '{fits.Key}: {fits.Share.ToString("0.00", CultureInfo.InvariantCulture)}' would fit (an estimate)",
        _ => "by the measured prices, no budget below 1 would fit (an estimate)",
    };

    private static PruneDiagnosticException Unmeasurable(PruneSpec spec, string why) =>
        new(PruneDiagnostics.QualityUnmeasurable.At(spec.File, spec.PlaceNear("quality.metric"), spec.Quality!.Metric, why));

    /// <summary>Three significant digits.</summary>
    private static string Number(double value) => value.ToString(Math.Abs(value) is >= 0.001 or 0 ? "0.####" : "0.##E+0", CultureInfo.InvariantCulture);
}
