namespace PruneTasks.Tasks.Natives;

/// <summary>A package with native libraries for one platform.</summary>
/// <param name="Id">Package id.</param>
/// <param name="Library">The file that must be in its native folder.</param>
internal sealed record NativePackage(string Id, string Library);

/// <summary>The table of platforms on which pruning runs, by the runtime identifier of the machine that builds.</summary>
internal static class NativePackages
{
    private static readonly Dictionary<string, (NativePackage LibTorch, NativePackage OnnxRuntime)> Table = new(StringComparer.Ordinal)
    {
        ["linux-x64"] = (new("libtorch-cpu-linux-x64", "libtorch.so"), OnnxRuntime("libonnxruntime.so")),
        ["win-x64"] = (new("libtorch-cpu-win-x64", "torch.dll"), OnnxRuntime("onnxruntime.dll")),
        ["win-arm64"] = (new("libtorch-cpu-win-arm64", "torch.dll"), OnnxRuntime("onnxruntime.dll")),
        ["osx-arm64"] = (new("libtorch-cpu-osx-arm64", "libtorch.dylib"), OnnxRuntime("libonnxruntime.dylib")),
    };

    /// <summary>The supported platforms, for messages.</summary>
    public static string Supported => string.Join(", ", Table.Keys);

    /// <summary>libtorch of a platform, or null if it is not supported.</summary>
    public static NativePackage? LibTorch(string rid) => Table.TryGetValue(rid, out var row) ? row.LibTorch : null;

    /// <summary>ONNX Runtime of a platform, or null if it is not supported.</summary>
    public static NativePackage? OnnxRuntimeFor(string rid) => Table.TryGetValue(rid, out var row) ? row.OnnxRuntime : null;

    private static NativePackage OnnxRuntime(string library) => new("Microsoft.ML.OnnxRuntime", library);
}
