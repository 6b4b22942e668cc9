namespace PruneTasks.Caching;

/// <summary>Where the cache of a user lies.</summary>
internal static class CachePlaces
{
    /// <summary>
    /// <c>%LocalAppData%\PruneTasks\cache</c> on Windows, <c>~/Library/Caches/PruneTasks</c> on macOS, else <c>$XDG_CACHE_HOME/prunetasks</c> or
    /// <c>~/.cache/prunetasks</c> (XDG Base Directory Specification). Null for a user without a home.
    /// </summary>
    public static string? Default()
    {
        if (Path.DirectorySeparatorChar == '\\')
            return Under(Folder(Environment.SpecialFolder.LocalApplicationData), "PruneTasks", "cache");
        string home = Folder(Environment.SpecialFolder.UserProfile);
        if (Directory.Exists("/System/Library/CoreServices"))
            return Under(home, "Library", "Caches", "PruneTasks");
        // The specification: a path that is not absolute is to be ignored.
        return Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given && Path.IsPathRooted(given)
            ? Under(given, "prunetasks")
            : Under(home, ".cache", "prunetasks");
    }

    private static string Folder(Environment.SpecialFolder folder) => Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify);

    private static string? Under(string root, params string[] parts) => root.Length == 0 ? null : Path.Combine([root, .. parts]);
}
