using Microsoft.ML.OnnxRuntime;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Native;

namespace PruneTasks.Worker.Natives;

/// <summary>Makes the native libraries known to their managed halves, as late as possible: reading a model needs none of them.</summary>
internal static class WorkerNatives
{
    /// <summary>ONNX Runtime, from <paramref name="folder"/>, the environment or the NuGet folders.</summary>
    /// <exception cref="PruneDiagnosticException">Not found, or it does not load.</exception>
    public static void UseOnnxRuntime(string? folder) => Guard(
        () => OnnxRuntimeNative.Initialize(typeof(InferenceSession).Assembly, new NativeSearch { ExplicitPath = folder }),
        PruneDiagnostics.OnnxRuntimeMissing,
        NativePackage.OnnxRuntime);

    /// <summary>libtorch and its bridge, from <paramref name="folder"/>, the environment or the NuGet folders.</summary>
    /// <param name="folder">Folder of libtorch's libraries, or null.</param>
    /// <param name="threads">Threads of one operation; 0 for all cores.</param>
    /// <exception cref="PruneDiagnosticException">Not found, or it does not load.</exception>
    public static void UseTorch(string? folder, int threads) => Guard(
        () => TorchRuntime.Initialize(new TorchRuntimeOptions { Search = new NativeSearch { ExplicitPath = folder }, Threads = threads }),
        PruneDiagnostics.LibTorchMissing,
        NativePackage.LibTorch);

    private static void Guard(Action load, PruneDiagnosticDescriptor missing, Func<string, NativePackage> packageFor)
    {
        string rid = NativePackage.HostRid();
        NativePackage package;
        try
        {
            package = packageFor(rid);
        }
        catch (NativeLibraryMissingException problem)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.PlatformUnsupported.In(null, rid, problem.Message), problem);
        }
        try
        {
            load();
        }
        catch (NativeLibraryMissingException problem)
        {
            throw new PruneDiagnosticException(missing.In(null, package.Version, rid, string.Join(", ", problem.Searched), package.Id), problem);
        }
        catch (NativeLibraryLoadException problem)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.NativeLoadFailed.In(null, problem.LibraryPath, problem.Message), problem);
        }
    }
}
