using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Natives;

namespace PruneTasks.Tasks;

/// <summary>
/// Finds the native libraries that the worker needs: in the folder that the project names, else in NuGet's folders. What is in neither is
/// named, for a restore; with <see cref="Required"/> it is an error.
/// </summary>
public sealed class LocateNatives : Microsoft.Build.Utilities.Task
{
    /// <summary>Runtime identifier of the machine that builds.</summary>
    [Required]
    public string HostRid { get; set; } = "";

    /// <summary>NuGet's folders, in order.</summary>
    public string[] PackageFolders { get; set; } = [];

    /// <summary>Folder of libtorch that the project names; empty for none.</summary>
    public string? LibTorchPath { get; set; }

    /// <summary>Version of the libtorch package.</summary>
    [Required]
    public string LibTorchVersion { get; set; } = "";

    /// <summary>Folder of ONNX Runtime that the project names; empty for none.</summary>
    public string? OnnxRuntimePath { get; set; }

    /// <summary>Version of the ONNX Runtime package.</summary>
    [Required]
    public string OnnxRuntimeVersion { get; set; } = "";

    /// <summary>Report what is missing as errors.</summary>
    public bool Required { get; set; }

    /// <summary>Ids of the missing packages, with metadata Version.</summary>
    [Output]
    public ITaskItem[] Missing { get; set; } = [];

    /// <summary>Folder with libtorch.</summary>
    [Output]
    public string LibTorchDirectory { get; set; } = "";

    /// <summary>Folder with ONNX Runtime.</summary>
    [Output]
    public string OnnxRuntimeDirectory { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        if (NativePackages.LibTorch(HostRid) is not { } libTorch || NativePackages.OnnxRuntimeFor(HostRid) is not { } onnxRuntime)
        {
            Log.Report(PruneDiagnostics.PlatformUnsupported.In(null, HostRid, NativePackages.Supported));
            return false;
        }

        var missing = new List<ITaskItem>();
        LibTorchDirectory = Find(libTorch, LibTorchVersion, LibTorchPath, PruneDiagnostics.LibTorchMissing, missing);
        OnnxRuntimeDirectory = Find(onnxRuntime, OnnxRuntimeVersion, OnnxRuntimePath, PruneDiagnostics.OnnxRuntimeMissing, missing);
        Missing = [.. missing];
        return !Log.HasLoggedErrors;
    }

    private string Find(
        NativePackage package, string version, string? given, PruneDiagnosticDescriptor descriptor, List<ITaskItem> missing)
    {
        if (!string.IsNullOrWhiteSpace(given))
        {
            // A folder that someone named and that is wrong is an error at once: nothing else may silently take its place.
            if (NativeFolders.FindGiven(given!.Trim(), package) is { } found)
                return found;
            Log.Report(descriptor.In(null, version, HostRid, given, package.Id));
            return "";
        }

        string[] folders = [.. PackageFolders.Where(folder => folder.Length > 0).Distinct(StringComparer.Ordinal)];
        if (NativeFolders.FindRestored(folders, package, version, HostRid) is { } restored)
            return restored;
        if (Required)
            Log.Report(descriptor.In(null, version, HostRid, string.Join(", ", folders), package.Id));
        else
            missing.Add(new TaskItem(package.Id, new Dictionary<string, string> { ["Version"] = version }));
        return "";
    }
}
