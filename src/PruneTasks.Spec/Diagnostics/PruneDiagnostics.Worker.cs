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
        "the worker ran out of memory: {0}; lower 'data.personal.samples', or build where more memory is free");

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

    /// <summary>A result in the cache was damaged.</summary>
    public static readonly PruneDiagnosticDescriptor CacheEntryDamaged = Info(
        "PRUNE0914",
        "A result in the cache was damaged",
        "result {0} in the cache '{1}' was damaged ({2}) and is removed; the model is pruned again");

    /// <summary>The cache cannot be used.</summary>
    public static readonly PruneDiagnosticDescriptor CacheUnusable = Info(
        "PRUNE0915",
        "The cache cannot be used",
        "the cache '{0}' cannot be used: {1}; the build goes on without it (PruneTasksCachePath names another folder, PruneTasksCache=false switches it off)");

    /// <summary>Pruning took too long.</summary>
    public static readonly PruneDiagnosticDescriptor TimeLimit = Error(
        "PRUNE0916",
        "Pruning took too long",
        "pruning of '{0}' was stopped after {1} minutes (PruneTasksTimeout); raise it, or lower 'data.personal.samples'");

    /// <summary>The disk is full.</summary>
    public static readonly PruneDiagnosticDescriptor DiskFull = Error(
        "PRUNE0917",
        "The disk is full",
        "there is no space left for '{0}': {1}; free some (the cache of results also takes up to PruneTasksCacheMaxSize) and build again");

    /// <summary>A property has no valid value.</summary>
    public static readonly PruneDiagnosticDescriptor PropertyIgnored = Warning(
        "PRUNE0918",
        "A property has no valid value",
        "the property {0} is '{1}', which is not {2}; {3} is used");

    // Windows: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL as HRESULT. Unix: .NET gives the errno, ENOSPC, EDQUOT (Linux, macOS), EFBIG (a limit on file sizes).
    private static readonly HashSet<int> FullCodes = [unchecked((int)0x80070027), unchecked((int)0x80070070), 28, 122, 69, 27];

    /// <summary>A file could not be written: <see cref="DiskFull"/> if that is why, else <see cref="OutputNotWritable"/>.</summary>
    /// <param name="file">The spec that it was written for, or null.</param>
    /// <param name="path">What could not be written.</param>
    /// <param name="problem">What was thrown.</param>
    public static PruneDiagnostic NotWritten(string? file, string path, Exception problem) =>
        (problem is IOException && FullCodes.Contains(problem.HResult) ? DiskFull : OutputNotWritable).In(file, path, problem.Message);
}
