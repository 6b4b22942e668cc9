using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace PruneTasks.Torch.Native;

/// <summary>How libtorch is found and run.</summary>
public sealed record TorchRuntimeOptions
{
    /// <summary>Where to look for libtorch.</summary>
    public NativeSearch Search { get; init; } = new();

    /// <summary>Threads of one operation; 0 = one for each processor. Results are equal only for an equal number.</summary>
    public int Threads { get; init; }

    /// <summary>Folder for the patched copy of the bridge; <see langword="null"/> = a folder of the user.</summary>
    public string? BridgeCacheFolder { get; init; }
}

/// <summary>What was loaded.</summary>
/// <param name="LibTorchFolder">Folder of libtorch.</param>
/// <param name="BridgePath">TorchSharp's native library as loaded.</param>
/// <param name="BridgeIsPatched">The private copy had to be used; see <see cref="BridgePatch"/>.</param>
public sealed record TorchRuntimeInfo(string LibTorchFolder, string BridgePath, bool BridgeIsPatched);

/// <summary>Loads libtorch and TorchSharp's bridge by absolute path, once for the process, before anything touches TorchSharp.</summary>
/// <remarks>
/// If TorchSharp has to load its natives itself and fails it copies some 500 MB beside its assembly, which may lie in the NuGet folder. It never
/// comes to that here: both libraries are in the process before, and it is checked that TorchSharp will find them by name. The CPU kernels used
/// here are deterministic for a fixed number of threads and aligned memory (docs/decisions/0024); TorchSharp offers no switch that would demand it.
/// </remarks>
public static class TorchRuntime
{
    private const string Bridge = "LibTorchSharp";
    private static readonly object Gate = new();
    private static TorchRuntimeInfo? _loaded;

    /// <summary>Loads on the first call; later calls only set the thread count. Thread-safe.</summary>
    /// <exception cref="NativeLibraryMissingException">libtorch or the bridge was not found.</exception>
    /// <exception cref="NativeLibraryLoadException">One of them does not load on this system.</exception>
    public static TorchRuntimeInfo Initialize(TorchRuntimeOptions? options = null)
    {
        options ??= new();
        lock (Gate)
        {
            _loaded ??= Load(options);
            torch.set_num_threads(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
            return _loaded;
        }
    }

    private static TorchRuntimeInfo Load(TorchRuntimeOptions options)
    {
        string rid = NativePackage.HostRid();
        NativePackage package = NativePackage.LibTorch(rid);
        string folder = NativeLocator.Find(package, rid, options.Search);
        ThreadWaiting.PreferSleeping();
        LargeBlocks.KeepApart();
        Load(Path.Combine(folder, package.Library));

        string original = FindBridge(rid);
        string path = original;
        nint bridge;
        try
        {
            bridge = Load(original);
        }
        catch (NativeLibraryLoadException e) when (rid == "linux-x64" && e.Message.Contains(BridgePatch.MissingVersion, StringComparison.Ordinal))
        {
            path = BridgeCache.PatchedCopy(original, options.BridgeCacheFolder ?? BridgeCache.DefaultFolder());
            bridge = Load(path);
        }
        RequireKnownByName(bridge);
        return new TorchRuntimeInfo(folder, path, path != original);
    }

    private static string FindBridge(string rid)
    {
        string file = NativePackage.FileName(rid, Bridge);
        string beside = AppContext.BaseDirectory;
        string[] candidates = [Path.Combine(beside, file), Path.Combine(beside, "runtimes", rid, "native", file)];
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new NativeLibraryMissingException(Bridge, candidates, $"{file} is missing beside the program. Looked for: {string.Join("; ", candidates)}");
    }

    // TorchSharp asks for its bridge by name. On glibc and Windows the name finds the loaded module; elsewhere the load context is told.
    private static void RequireKnownByName(nint bridge)
    {
        Assembly torchSharp = typeof(torch).Assembly;
        AssemblyLoadContext.GetLoadContext(torchSharp)!.ResolvingUnmanagedDll += (_, name) => name == Bridge ? bridge : 0;
        if (!NativeLibrary.TryLoad(Bridge, torchSharp, null, out nint found) || found != bridge)
            throw new NativeLibraryLoadException(Bridge, $"{Bridge} is loaded, but TorchSharp would find {(found == 0 ? "none" : "another one")} by its name", null);
    }

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
}
