using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Report;

/// <summary>How the budget was spent.</summary>
internal sealed record BudgetReport
{
    /// <summary><c>measured</c>, <c>uniform</c> or <c>ratios</c>.</summary>
    public required string Allocation { get; init; }

    /// <summary>Bounds asked for, with what the plan leaves.</summary>
    public required IReadOnlyList<BoundReport> Bounds { get; init; }

    /// <summary>One entry per place, in the model's order.</summary>
    public IReadOnlyList<SiteBudget> Sites { get; init; } = [];

    /// <summary>Sum of the prices of the plan's widths; null where none were measured.</summary>
    public double? Price { get; init; }

    /// <summary>The same of the uniform plan under the same bounds.</summary>
    public double? UniformPrice { get; init; }

    /// <summary>Uniform really built; null if only estimated.</summary>
    public UniformTrial? Uniform { get; init; }

    /// <summary>Least price at every share of MACs; null without prices.</summary>
    public BudgetCurve? Curve { get; init; }

    /// <summary>Trials of <c>budget: auto</c>, in order; empty otherwise.</summary>
    public IReadOnlyList<AutoTrial> Trials { get; init; } = [];

    /// <summary>What the trials were judged on: <c>hold-out</c> or <c>calibration</c>; null without trials.</summary>
    public string? TrialSet { get; init; }

    /// <summary>Expected time; null where none was measured for the plan.</summary>
    public ExpectedLatency? Latency { get; init; }

    /// <summary>What the reader has to know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The share of MACs expected to keep a contract that was missed; null without prices.</summary>
    public FittingBudget? Fitting(string metric, double drop, double limit)
    {
        if (Curve is not { } curve || drop <= 0 || Bounds.FirstOrDefault(b => b.Key == "macs") is not { } macs) return null;
        double share = limit <= 0 ? 1 : curve.Fitting(macs.Reached, drop, limit, BudgetCurve.Exponent(metric));
        // Where nothing may go but what exact rewrites leave out, any budget above that is the same.
        return new FittingBudget("macs", share >= curve.Points[^1].Share - 1e-9 ? 1 : Math.Min(1, Math.Ceiling(100 * share) / 100));
    }
}

/// <summary>One bound.</summary>
/// <param name="Key">Key of <c>prune.budget</c>.</param>
/// <param name="Asked">Share of the dense model that may remain; null if the spec does not say.</param>
/// <param name="Reached">Share that the plan leaves.</param>
internal sealed record BoundReport(string Key, double? Asked, double Reached);

/// <summary>One place.</summary>
/// <param name="Kind">Kind of unit.</param>
/// <param name="Layer">Name of the place.</param>
/// <param name="Units">Units of the dense model.</param>
/// <param name="Keep">Units that the plan keeps.</param>
/// <param name="UniformKeep">Units that a uniform plan under the same bounds keeps; null where none was made.</param>
/// <param name="Price">Price of the plan's width.</param>
/// <param name="UniformPrice">Price of the uniform width.</param>
internal sealed record SiteBudget(string Kind, string Layer, int Units, int Keep, int? UniformKeep, double? Price, double? UniformPrice);

/// <summary>The uniform plan built and run on the samples held back.</summary>
/// <param name="Samples">How many.</param>
/// <param name="Measure"><c>kl</c> or <c>cosine</c>: what is compared sample by sample.</param>
/// <param name="Measured">Mean loss with the measured allocation.</param>
/// <param name="Uniform">Mean loss with the uniform one.</param>
/// <param name="Difference">Uniform − measured, paired.</param>
/// <param name="StandardError">Of the difference.</param>
/// <param name="Overruled">Whether uniform was delivered: better by more than two standard errors on at least 128 samples.</param>
internal sealed record UniformTrial(int Samples, string Measure, double Measured, double Uniform, double Difference, double StandardError, bool Overruled);

/// <summary>Time that a plan is expected to take.</summary>
/// <param name="Share">Share of the dense model's time.</param>
/// <param name="Measured">Share measured with the model delivered; null if not measured.</param>
/// <param name="Processor">Processor of the table.</param>
/// <param name="FromCache">Whether the table was there already.</param>
/// <param name="Sites">Different shapes of places that were timed.</param>
internal sealed record ExpectedLatency(double Share, double? Measured, string Processor, bool FromCache, int Sites);
