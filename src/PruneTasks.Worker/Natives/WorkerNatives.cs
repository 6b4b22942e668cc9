using Microsoft.ML.OnnxRuntime;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Native;

namespace PruneTasks.Worker.Natives;

/// <summary>Makes the native libraries known to their managed halves, as late as possible: reading a model needs none of them.</summary>
internal static class WorkerNatives
{
    /// <summary>ONNX Runtime, from <paramref name="folder"/>, the environment or the NuGet folders.</summary>
    /// <param name="folder">Folder of its native library, or null.</param>
    /// <param name="say">Told when it is downloaded because it was not found; null forbids that.</param>
    /// <exception cref="PruneDiagnosticException">Not found, or it does not load.</exception>
    public static void UseOnnxRuntime(string? folder, Action<string>? say = null) => Guard(
        () => OnnxRuntimeNative.Initialize(typeof(InferenceSession).Assembly, new NativeSearch { ExplicitPath = folder }),
        PruneDiagnostics.OnnxRuntimeMissing,
        NativePackage.OnnxRuntime,
        folder,
        say);

    /// <summary>libtorch and its bridge, from <paramref name="folder"/>, the environment or the NuGet folders.</summary>
    /// <param name="folder">Folder of libtorch's libraries, or null.</param>
    /// <param name="threads">Threads of one operation; 0 for all cores.</param>
    /// <param name="say">Told when it is downloaded because it was not found; null forbids that.</param>
    /// <exception cref="PruneDiagnosticException">Not found, or it does not load.</exception>
    public static void UseTorch(string? folder, int threads, Action<string>? say = null) => Guard(
        () => TorchRuntime.Initialize(new TorchRuntimeOptions { Search = new NativeSearch { ExplicitPath = folder }, Threads = threads }),
        PruneDiagnostics.LibTorchMissing,
        NativePackage.LibTorch,
        folder,
        say);

    private static void Guard(Action load, PruneDiagnosticDescriptor missing, Func<string, NativePackage> packageFor, string? given, Action<string>? say)
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
            Load(load, package, given, say);
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

    private static void Load(Action load, NativePackage package, string? given, Action<string>? say)
    {
        try
        {
            load();
        }
        // A folder that someone named and that is wrong is an error at once: nothing else may silently take its place.
        catch (NativeLibraryMissingException problem) when (
            say is not null && problem.Library == package.Id && string.IsNullOrWhiteSpace(given) && string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(package.Variable)))
        {
            if (!NativeRestore.Try(package, say)) throw;
            load();
        }
    }
}
