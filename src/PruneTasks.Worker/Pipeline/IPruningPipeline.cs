using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Prunes one model in memory. It reads and writes no file; everything it decides is in what it returns.</summary>
internal interface IPruningPipeline
{
    /// <summary>Runs the job. The same job gives the same bytes.</summary>
    /// <exception cref="PruneDiagnosticException">It cannot be done; the diagnostics say why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    PruneOutcome Run(PruneJob job, CancellationToken cancellation);
}
