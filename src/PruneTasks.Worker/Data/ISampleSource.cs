using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Data;

/// <summary>Calibration data on disk, for one model.</summary>
internal interface ISampleSource
{
    /// <summary>Samples that are never read, because they are of classes that <c>prune.classes</c> does not keep.</summary>
    int OtherClasses => 0;

    /// <summary>Samples in the order in which they are chosen: seeded, interleaved over the classes, the same at every call.</summary>
    /// <param name="diagnostics">Takes the warnings about what is skipped, as it is met.</param>
    /// <exception cref="PruneDiagnosticException">Nothing can be used, or something does not fit the model.</exception>
    IEnumerable<Sample> Read(ICollection<PruneDiagnostic> diagnostics);
}
