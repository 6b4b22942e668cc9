using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Running;

/// <summary>Why a worker died that could not say so itself: native code ends the process where managed code would throw.</summary>
internal static class WorkerDeath
{
    // 128 + SIGKILL, as shells count and .NET does: on Linux nearly always the kernel, out of memory.
    private const int Killed = 137;

    // 128 + SIGXFSZ: a file grew beyond the limit of the process (setrlimit(2), RLIMIT_FSIZE).
    private const int FileTooLarge = 153;

    // Allocators of libtorch (c10), C++ and .NET, as they write to standard error before they abort.
    private static readonly string[] MemoryTexts = ["DefaultCPUAllocator", "can't allocate memory", "not enough memory", "std::bad_alloc", "Out of memory."];

    // strerror(3) of ENOSPC and EDQUOT; messages of Windows for ERROR_DISK_FULL.
    private static readonly string[] DiskTexts = ["No space left on device", "Disk quota exceeded", "There is not enough space on the disk"];

    // 128 + the number of the signal (signal(7)); on Windows the status that the system ends a process with (NTSTATUS).
    private static readonly Dictionary<int, string> Crashes = new()
    {
        [132] = "SIGILL", [134] = "SIGABRT", [135] = "SIGBUS", [136] = "SIGFPE", [139] = "SIGSEGV",
        [unchecked((int)0xC0000005)] = "access violation", [unchecked((int)0xC000001D)] = "illegal instruction", [unchecked((int)0xC00000FD)] = "stack overflow", [unchecked((int)0xC0000409)] = "fail fast",
    };

    /// <summary>An exit code, with what it says about native code.</summary>
    public static string Words(int exitCode)
    {
        string number = exitCode.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Crashes.TryGetValue(exitCode, out string? crash) ? $"{number} ({crash}: native code, as of ONNX Runtime or libtorch, crashed)" : number;
    }

    /// <summary>A diagnostic with advice, or null if nothing tells.</summary>
    public static PruneDiagnostic? Explain(string spec, int exitCode, string output, ModelFolder folder)
    {
        if (exitCode == Killed)
            return PruneDiagnostics.OutOfMemory.In(spec, "the system killed it (exit code 137)");
        if (exitCode == FileTooLarge)
            return PruneDiagnostics.DiskFull.In(spec, folder.Directory, "a limit on the size of files (ulimit -f) ended the worker");
        if (MemoryTexts.FirstOrDefault(text => output.Contains(text)) is { } memory)
            return PruneDiagnostics.OutOfMemory.In(spec, $"'{memory}' in '{folder.Log}'");
        return DiskTexts.FirstOrDefault(text => output.Contains(text)) is { } disk
            ? PruneDiagnostics.DiskFull.In(spec, folder.Directory, $"'{disk}' in '{folder.Log}'")
            : null;
    }
}
