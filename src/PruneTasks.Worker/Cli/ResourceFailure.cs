using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Cli;

/// <summary>Tells a machine that has too little from an error of ours.</summary>
internal static class ResourceFailure
{
    // What c10's allocator (DefaultCPUAllocator, posix_memalign and Windows), ONNX Runtime's arena and C++ say.
    private static readonly string[] MemoryTexts = ["DefaultCPUAllocator", "can't allocate memory", "not enough memory", "bad_alloc", "bad allocation", "Failed to allocate memory"];

    /// <summary>A diagnostic with advice, if memory or disk space ran out; else null.</summary>
    /// <param name="problem">What was thrown, with what caused it.</param>
    /// <param name="what">What is worked on.</param>
    public static PruneDiagnostic? Explain(Exception problem, string what)
    {
        for (Exception? e = problem; e is not null; e = e.InnerException)
        {
            if (e is OutOfMemoryException || (e is ExternalException or OnnxRuntimeException && MemoryTexts.Any(text => e.Message.Contains(text, StringComparison.OrdinalIgnoreCase))))
                return PruneDiagnostics.OutOfMemory.In(null, e.Message.Split('\n')[0].Trim());
            if (e is IOException && PruneDiagnostics.NotWritten(null, what, e) is var written && written.Descriptor == PruneDiagnostics.DiskFull)
                return written;
        }

        return null;
    }
}
