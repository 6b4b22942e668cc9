using PruneTasks.Spec;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Report;

/// <summary>How the pruned model stands to the spec's <c>quality</c>.</summary>
/// <param name="Contract">What was asked for.</param>
/// <param name="Set"><c>test</c>, <c>hold-out</c> or <c>calibration</c>.</param>
/// <param name="Value">What was measured there.</param>
/// <param name="Met">Whether the drop is within the limit.</param>
/// <param name="Fits">Budget that would fit, estimated; null if met, or where nothing can be estimated.</param>
internal sealed record QualityReport(QualityContract Contract, string Set, MetricValue Value, bool Met, FittingBudget? Fits);

/// <summary>A budget that is expected to keep the contract.</summary>
/// <param name="Key">Key of the budget, for example <c>macs</c>.</param>
/// <param name="Share">What may remain.</param>
internal sealed record FittingBudget(string Key, double Share);
