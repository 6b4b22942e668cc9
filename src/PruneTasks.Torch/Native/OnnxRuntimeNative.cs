using System.Reflection;
using System.Runtime.InteropServices;

namespace PruneTasks.Torch.Native;

/// <summary>Points ONNX Runtime's managed assembly at a native library in the NuGet folder, so that none is copied to an output folder.</summary>
/// <remarks>The assembly is an argument: this project does not reference ONNX Runtime.</remarks>
public static class OnnxRuntimeNative
{
    private const string DisableTelemetry = "ORT_DISABLE_TELEMETRY";

    private static readonly object Gate = new();
    private static readonly Dictionary<Assembly, string> Installed = [];

    /// <summary>Finds the native library and makes <paramref name="managed"/> use it. Call before its first use; later calls change nothing. Thread-safe.</summary>
    /// <param name="managed">The assembly <c>Microsoft.ML.OnnxRuntime</c>.</param>
    /// <param name="search">Where to look; the variable is <c>PRUNETASKS_ONNXRUNTIME</c>.</param>
    /// <returns>Folder of the native library.</returns>
    /// <exception cref="NativeLibraryMissingException">It was not found.</exception>
    /// <exception cref="NativeLibraryLoadException">It does not load on this system.</exception>
    public static string Initialize(Assembly managed, NativeSearch? search = null)
    {
        lock (Gate)
        {
            if (Installed.TryGetValue(managed, out string? known)) return known;
            string rid = NativePackage.HostRid();
            NativePackage package = NativePackage.OnnxRuntime(rid);
            string folder = NativeLocator.Find(package, rid, search ?? new());
            LeaveNothingBehind();
            nint handle = Load(Path.Combine(folder, package.Library));
            LeaveResolvingToUs(managed);
            NativeLibrary.SetDllImportResolver(managed, (name, _, _) =>
                name is "onnxruntime" || Path.GetFileNameWithoutExtension(name) is "onnxruntime" ? handle : 0);
            Installed.Add(managed, folder);
            return folder;
        }
    }

    // Its Linux build keeps a device number for telemetry in the temporary folder, and speaks to a server. A build does neither. The variable has to be set
    // in the C library's environment: .NET keeps a copy of its own.
    private static void LeaveNothingBehind()
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable(DisableTelemetry, "1");
            return;
        }
        try
        {
            _ = SetEnvironment(DisableTelemetry, "1", 1);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library without setenv: telemetry stays as the system has it.
        }
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPStr)] string name, [MarshalAs(UnmanagedType.LPStr)] string value, int overwrite);

    private static nint Load(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryLoadException(path, $"'{path}' does not load on this system: {e.Message}", e);
        }
    }

    // ONNX Runtime installs a resolver of its own unless OrtEnv.DisableDllImportResolver is set; an assembly can have one only. Versions
    // before 1.24 have neither.
    private static void LeaveResolvingToUs(Assembly managed) =>
        managed.GetType("Microsoft.ML.OnnxRuntime.OrtEnv")?.GetProperty("DisableDllImportResolver", BindingFlags.Public | BindingFlags.Static)?.SetValue(null, true);
}
