using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Worker.Pipeline;

/// <summary>A build in steps, for the report.</summary>
/// <param name="Steps">Steps asked for.</param>
/// <param name="Capacity">Overshoot asked for.</param>
/// <param name="HoldOut">Samples held back that judged the steps.</param>
/// <param name="Measure">What the loss is: <c>kl</c> or <c>nmse</c>.</param>
/// <param name="Dense">Cost that the shares of the attempts are taken of.</param>
/// <param name="Complete">Whether the planned widths were reached.</param>
/// <param name="Attempts">All attempts, in order.</param>
internal sealed record StepReport(int Steps, double Capacity, int HoldOut, string Measure, Cost Dense, bool Complete, IReadOnlyList<StepOutcome> Attempts);
