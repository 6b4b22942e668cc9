namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 04: pruning.</content>
public static partial class PruneDiagnostics
{
    /// <summary>The budget cannot be reached.</summary>
    public static readonly PruneDiagnosticDescriptor BudgetMissed = Warning(
        "PRUNE0402",
        "The budget cannot be reached",
        "budget {0} = {1} cannot be reached; {2} remains with all units at their limits");

    /// <summary>The spec names no calibration data.</summary>
    public static readonly PruneDiagnosticDescriptor NoCalibrationData = Error(
        "PRUNE0403",
        "The spec names no calibration data",
        "pruning needs data: add 'data: {{ personal: {{ path: ... }} }}'");

    /// <summary>Pruning does not make the file smaller.</summary>
    public static readonly PruneDiagnosticDescriptor NoSizeGain = Warning(
        "PRUNE0404",
        "Pruning does not make the file smaller",
        "the pruned model has {0} bytes, the dense one {1}");

    /// <summary>The model has nothing that can be pruned.</summary>
    public static readonly PruneDiagnosticDescriptor NoUnitFound = Warning(
        "PRUNE0408",
        "The model has nothing that can be pruned",
        "no unit that can be pruned was found in '{0}'; the model is left as it is: {1}");

    /// <summary>A ratio has no unit to act on.</summary>
    public static readonly PruneDiagnosticDescriptor KindNotFound = Warning(
        "PRUNE0409",
        "A ratio has no unit to act on",
        "'{0}' has no effect: the model has no unit of this kind");

    /// <summary>The pruned model failed its verification.</summary>
    public static readonly PruneDiagnosticDescriptor VerificationFailed = Error(
        "PRUNE0410",
        "The pruned model failed its verification",
        "the pruned model failed its verification and was thrown away: {0}");

    /// <summary>Few calibration samples.</summary>
    public static readonly PruneDiagnosticDescriptor FewSamples = Warning(
        "PRUNE0411",
        "Few calibration samples",
        "only {0} calibration samples; with fewer than {1} the pruned model may be poor");
}
