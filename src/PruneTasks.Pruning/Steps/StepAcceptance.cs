using System.Globalization;

namespace PruneTasks.Pruning;

/// <summary>What a step may cost at most, where the user has said so.</summary>
/// <param name="Loss">Mean loss allowed in the end; after a step its share of that.</param>
/// <param name="Drop">Accuracy (or agreement, see <paramref name="OfAgreement"/>) that may be lost, as a share.</param>
/// <param name="OfAgreement">Whether <paramref name="Drop"/> is one of agreement with the dense network.</param>
public sealed record StepLimits(double? Loss, double? Drop, bool OfAgreement)
{
    /// <summary>No limit.</summary>
    public static StepLimits None { get; } = new(null, null, false);
}

/// <summary>Whether a step stays, and the figures behind that.</summary>
/// <param name="Accepted">Whether it stays.</param>
/// <param name="Reason">In words.</param>
/// <param name="Loss">Mean loss on the samples held back; <see langword="null"/> without them.</param>
/// <param name="Limit">What it was compared with; <see langword="null"/> if with nothing.</param>
/// <param name="Drop">Bounds of the drop of accuracy or agreement, each with 95 %; <see langword="null"/> if not looked at.</param>
public sealed record StepVerdict(bool Accepted, string Reason, SampleMean? Loss, double? Limit, (double Lower, double Upper)? Drop);

/// <summary>Accepts or refuses a step by the samples held back.</summary>
public static class StepAcceptance
{
    /// <summary>With fewer samples a loss beyond the expected one proves nothing.</summary>
    public const int EnoughSamples = 128;

    /// <summary>Judges a step.</summary>
    /// <remarks>
    /// A limit on the loss holds for the mean. A limit on a drop refuses when the paired-bootstrap bound shows it broken (95 % that the drop is larger): the other
    /// bound, that it is kept for sure, needs thousands of samples for a drop of a point and would refuse every step. Without limits a loss above the expected one
    /// by more than two standard errors refuses, on at least <see cref="EnoughSamples"/> samples.
    /// </remarks>
    /// <param name="figures">Measured; <see langword="null"/> if nothing could be held back.</param>
    /// <param name="limits">What the user allows.</param>
    /// <param name="share">Share of the removal that is done after the step.</param>
    /// <param name="expected">Loss expected of the step; <see langword="null"/> if unknown.</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static StepVerdict Judge(HoldOutFigures? figures, StepLimits limits, double share, double? expected, int seed)
    {
        if (figures is null) return new StepVerdict(true, "no sample is held back, so nothing was measured", null, null, null);
        SampleMean loss = SampleMean.Of(figures.Loss);
        (double Lower, double Upper)? drop = Differences(figures, limits) is { } differences ? SampleMean.Bootstrap(differences, seed) : null;
        if (!double.IsFinite(loss.Mean)) return new StepVerdict(false, "the answer is not finite", loss, limits.Loss, drop);
        if (limits.Loss is { } most)
        {
            double now = most * share;
            if (loss.Mean > now) return new StepVerdict(false, $"loss {Number(loss.Mean)} is above {Number(now)}, the step's share of the limit", loss, now, drop);
        }
        if (limits.Drop is { } allowed && drop is { } bounds && bounds.Lower > allowed)
            return new StepVerdict(false, $"{(limits.OfAgreement ? "agreement" : "accuracy")} falls by more than {Number(allowed)}: by {Number(bounds.Lower)} at least", loss, limits.Loss * share, drop);
        if (limits is not { Loss: null, Drop: null }) return new StepVerdict(true, "within the limit", loss, limits.Loss * share, drop);
        if (expected is not { } usual) return new StepVerdict(true, "no limit and no expectation to compare with", loss, null, drop);
        if (loss.Samples >= EnoughSamples && loss.Mean - (RegretSettlement.Errors * loss.Error) > usual)
            return new StepVerdict(false, $"loss {Number(loss.Mean)} ± {Number(loss.Error)} is above the expected {Number(usual)} by over two standard errors", loss, usual, drop);
        return new StepVerdict(true, loss.Samples < EnoughSamples ? $"too few samples held back for a veto ({loss.Samples} of {EnoughSamples})" : "not worse than expected", loss, usual, drop);
    }

    private static IReadOnlyList<double>? Differences(HoldOutFigures figures, StepLimits limits) => limits.OfAgreement
        ? figures.Agreement is { } agreement ? [.. agreement.Select(a => 1 - a)] : null
        : figures.AccuracyDrop ?? (figures.Agreement is { } share ? [.. share.Select(a => 1 - a)] : null);

    private static string Number(double value) => value.ToString("g3", CultureInfo.InvariantCulture);
}
