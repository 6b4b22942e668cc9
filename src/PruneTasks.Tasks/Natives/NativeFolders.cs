namespace PruneTasks.Tasks.Natives;

/// <summary>Looks for native libraries in folders.</summary>
internal static class NativeFolders
{
    /// <summary>The folder that a person named, also by the library itself, or its <c>lib</c> as libtorch's own archives have it; or null.</summary>
    public static string? FindGiven(string given, NativePackage package)
    {
        if (File.Exists(given) && Path.GetFileName(given) == package.Library)
            return Path.GetDirectoryName(Path.GetFullPath(given));
        foreach (string folder in (string[])[given, Path.Combine(given, "lib")])
        {
            if (File.Exists(Path.Combine(folder, package.Library)))
                return Path.GetFullPath(folder);
        }

        return null;
    }

    /// <summary>The native folder of a package in NuGet's folders, or null.</summary>
    public static string? FindRestored(IEnumerable<string> packageFolders, NativePackage package, string version, string rid)
    {
        foreach (string root in packageFolders)
        {
            string home = Path.Combine(root, package.Id.ToLowerInvariant(), version);
            string native = Path.Combine(home, "runtimes", rid, "native");
            // NuGet writes the metadata file last: without it the package may be half unpacked.
            if (File.Exists(Path.Combine(home, ".nupkg.metadata")) && File.Exists(Path.Combine(native, package.Library)))
                return native;
        }

        return null;
    }
}
