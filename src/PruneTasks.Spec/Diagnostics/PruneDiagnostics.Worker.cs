namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 09: the worker process.</content>
public static partial class PruneDiagnostics
{
    /// <summary>Internal error of the worker.</summary>
    public static readonly PruneDiagnosticDescriptor InternalError = Error(
        "PRUNE0901",
        "Internal error of the worker",
        "internal error: {0} (please report it; the log is '{1}')");

    /// <summary>Pruning does not run on this platform.</summary>
    public static readonly PruneDiagnosticDescriptor PlatformUnsupported = Error(
        "PRUNE0903",
        "Pruning does not run on this platform",
        "pruning does not run on '{0}'; supported are {1}");

    /// <summary>The worker ran out of memory.</summary>
    public static readonly PruneDiagnosticDescriptor OutOfMemory = Error(
        "PRUNE0905",
        "The worker ran out of memory",
        "the worker ran out of memory: {0}; lower 'data.personal.samples'");

    /// <summary>libtorch is missing.</summary>
    public static readonly PruneDiagnosticDescriptor LibTorchMissing = Error(
        "PRUNE0906",
        "libtorch is missing",
        "libtorch {0} for {1} was not found (looked in {2}); add <PackageDownload Include=\"{3}\" Version=\"[{0}]\" /> to the project and restore, or set PRUNETASKS_LIBTORCH");

    /// <summary>The native library of ONNX Runtime is missing.</summary>
    public static readonly PruneDiagnosticDescriptor OnnxRuntimeMissing = Error(
        "PRUNE0907",
        "The native library of ONNX Runtime is missing",
        "the native library of ONNX Runtime {0} for {1} was not found (looked in {2}); add <PackageDownload Include=\"{3}\" Version=\"[{0}]\" /> to the project and restore");

    /// <summary>Pruning was cancelled.</summary>
    public static readonly PruneDiagnosticDescriptor Cancelled = Warning(
        "PRUNE0908",
        "Pruning was cancelled",
        "pruning of '{0}' was cancelled; nothing was written");

    /// <summary>The worker ended without a result.</summary>
    public static readonly PruneDiagnosticDescriptor WorkerCrashed = Error(
        "PRUNE0909",
        "The worker ended without a result",
        "the worker ended with exit code {0} and left no result; log: '{1}'; to repeat it: {2}");

    /// <summary>A file between task and worker cannot be read.</summary>
    public static readonly PruneDiagnosticDescriptor ContractUnreadable = Error(
        "PRUNE0910",
        "A file between task and worker cannot be read",
        "'{0}' cannot be read: {1}");

    /// <summary>A native library does not load.</summary>
    public static readonly PruneDiagnosticDescriptor NativeLoadFailed = Error(
        "PRUNE0911",
        "A native library does not load",
        "'{0}' does not load: {1}");

    /// <summary>The command line of the worker is not valid.</summary>
    public static readonly PruneDiagnosticDescriptor BadCommandLine = Error(
        "PRUNE0912",
        "The command line of the worker is not valid",
        "{0}");

    /// <summary>The output cannot be written.</summary>
    public static readonly PruneDiagnosticDescriptor OutputNotWritable = Error(
        "PRUNE0913",
        "The output cannot be written",
        "'{0}' cannot be written: {1}");
}
