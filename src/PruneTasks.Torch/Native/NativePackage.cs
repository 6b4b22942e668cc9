using System.Reflection;
using System.Runtime.InteropServices;

namespace PruneTasks.Torch.Native;

/// <summary>A NuGet package that holds native libraries under <c>runtimes/&lt;rid&gt;/native</c>.</summary>
/// <param name="Id">Package id.</param>
/// <param name="Version">Exact version; part of the folder name in the NuGet folder.</param>
/// <param name="Library">File whose presence proves that the folder is complete enough to load.</param>
/// <param name="Variable">Environment variable that names the folder explicitly.</param>
public sealed record NativePackage(string Id, string Version, string Library, string Variable)
{
    /// <summary>The line a project adds so that restore brings the package without referencing it.</summary>
    public string PackageDownload => $"<PackageDownload Include=\"{Id}\" Version=\"[{Version}]\" />";

    /// <summary>libtorch for the CPU, as TorchSharp's native bridge needs it.</summary>
    /// <exception cref="NativeLibraryMissingException">No libtorch package exists for this host.</exception>
    public static NativePackage LibTorch(string rid) => rid is "linux-x64" or "win-x64" or "win-arm64" or "osx-arm64"
        ? new($"libtorch-cpu-{rid}", Pinned("LibTorchVersion"), FileName(rid, "torch"), "PRUNETASKS_LIBTORCH")
        : throw new NativeLibraryMissingException("libtorch", [], $"libtorch is not published for '{rid}'; "
            + "set PRUNETASKS_LIBTORCH to a folder with libtorch for this system, or prune on linux-x64, win-x64, win-arm64 or osx-arm64");

    /// <summary>ONNX Runtime for the CPU.</summary>
    public static NativePackage OnnxRuntime(string rid) =>
        new("Microsoft.ML.OnnxRuntime", Pinned("OnnxRuntimeVersion"), FileName(rid, "onnxruntime"), "PRUNETASKS_ONNXRUNTIME");

    /// <summary>Runtime identifier of this host: operating system and process architecture, <c>linux-musl-</c> told apart from <c>linux-</c>.</summary>
    public static string HostRid()
    {
        string os = OperatingSystem.IsWindows() ? "win"
            : OperatingSystem.IsMacOS() ? "osx"
            : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl" : "linux";
        return os + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
    }

    /// <summary>File name of the dynamic library <paramref name="stem"/> on the system of <paramref name="rid"/>.</summary>
    internal static string FileName(string rid, string stem) =>
        rid.StartsWith("win", StringComparison.Ordinal) ? stem + ".dll"
        : rid.StartsWith("osx", StringComparison.Ordinal) ? $"lib{stem}.dylib"
        : $"lib{stem}.so";

    private static string Pinned(string key) =>
        typeof(NativePackage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value
        ?? throw new InvalidOperationException($"the build did not record {key}");
}
