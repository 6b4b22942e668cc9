namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 04: pruning.</content>
public static partial class PruneDiagnostics
{
    /// <summary>The pruned model does not keep what the spec asks for.</summary>
    public static readonly PruneDiagnosticDescriptor QualityMissed = Error(
        "PRUNE0401",
        "The quality contract is missed",
        "{0} goes from {1} to {2} on {3} ({4} samples): a drop of {5} (95 % interval {6} to {7}), allowed is {8}; {9}");

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

    /// <summary>The last layer still computes all classes.</summary>
    public static readonly PruneDiagnosticDescriptor ClassesStay = Warning(
        "PRUNE0419",
        "The last layer still computes all classes",
        "'prune.classes' picks the scores, but saves nothing: {0}");

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

    /// <summary>The metric of the quality contract does not exist here.</summary>
    public static readonly PruneDiagnosticDescriptor QualityUnmeasurable = Error(
        "PRUNE0412",
        "The quality metric cannot be measured",
        "quality metric '{0}' cannot be measured: {1}");

    /// <summary>The pruned model is slower than its budget.</summary>
    public static readonly PruneDiagnosticDescriptor LatencyMissed = Warning(
        "PRUNE0413",
        "The pruned model is slower than its budget",
        "budget latency = {0}: the table of times promised {1}, the model takes {2} of the dense model's time");

    /// <summary>A build in steps stopped before its target.</summary>
    public static readonly PruneDiagnosticDescriptor StepsStopped = Warning(
        "PRUNE0420",
        "The steps stopped before their target",
        "the build in steps stopped with {0} of the multiply-accumulates removed, {1} were wanted: {2}");

    /// <summary>A key is set that changes nothing here.</summary>
    public static readonly PruneDiagnosticDescriptor NoEffect = Warning(
        "PRUNE0421",
        "A setting has no effect",
        "'{0}' has no effect: {1}");

    /// <summary>A method to compare with has no form for channels.</summary>
    public static readonly PruneDiagnosticDescriptor ChannelsStay = Warning(
        "PRUNE0430",
        "A method does not take channels",
        "method '{0}' has no form for channels: {1} places with channels stay as they are");

    /// <summary>Activations are too large for all samples.</summary>
    public static readonly PruneDiagnosticDescriptor SamplesLeftOut = Warning(
        "PRUNE0422",
        "Not all calibration samples are used",
        "only {0} of {1} calibration samples are used: the activations of one sample take {2}");

    /// <summary>At one place the removal of units was tried, and is not exact.</summary>
    public static readonly PruneDiagnosticDescriptor RemovalNotExact = Warning(
        "PRUNE0425",
        "A removal was undone",
        "{0} '{1}' is left dense: {2}");

    /// <summary>At one place the network gives numbers that are not finite, or far too large.</summary>
    public static readonly PruneDiagnosticDescriptor NotFinite = Warning(
        "PRUNE0426",
        "A layer gives numbers that are not finite or far too large",
        "{0} '{1}' is left dense: {2}");
}
