namespace PruneTasks.Torch.Native;

/// <summary>Where to look for the natives of a package, in this order: explicit path, environment variable, NuGet folders.</summary>
public sealed record NativeSearch
{
    /// <summary>Folder of the library, or the library itself; an error if it is given and wrong. Wins over everything.</summary>
    public string? ExplicitPath { get; init; }

    /// <summary>More NuGet folders (fallback folders, a restore output), tried after the usual ones.</summary>
    public IReadOnlyList<string> PackageRoots { get; init; } = [];

    /// <summary>Reads an environment variable; tests replace it.</summary>
    internal Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Home folder of the user; tests replace it.</summary>
    internal string Home { get; init; } = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);
}

/// <summary>Finds the folder that holds a package's native libraries. Reads the file system only.</summary>
public static class NativeLocator
{
    /// <summary>Folder that holds <see cref="NativePackage.Library"/> of <paramref name="package"/>.</summary>
    /// <exception cref="NativeLibraryMissingException">Nothing found; an explicit path that is wrong is not passed over.</exception>
    public static string Find(NativePackage package, string rid, NativeSearch search)
    {
        if (NonEmpty(search.ExplicitPath) is { } given) return Explicit(package, given, "the given path");
        if (NonEmpty(search.Environment(package.Variable)) is { } variable) return Explicit(package, variable, package.Variable);

        List<string> searched = [];
        foreach (string root in Roots(search))
        {
            string folder = Path.Combine(root, package.Id.ToLowerInvariant(), package.Version, "runtimes", rid, "native");
            if (File.Exists(Path.Combine(folder, package.Library))) return folder;
            searched.Add(folder);
        }
        throw new NativeLibraryMissingException(package.Id, searched,
            $"{package.Library} of {package.Id} {package.Version} was not found. Add {package.PackageDownload} to a project and restore, "
            + $"or set {package.Variable} to the folder that holds it. Looked in: {string.Join("; ", searched)}");
    }

    private static string Explicit(NativePackage package, string path, string origin)
    {
        string full = Path.GetFullPath(path);
        if (File.Exists(full) && Path.GetFileName(full) == package.Library) return Path.GetDirectoryName(full)!;
        // The archives of the libtorch project keep their libraries in lib/.
        foreach (string folder in (string[])[full, Path.Combine(full, "lib")])
            if (File.Exists(Path.Combine(folder, package.Library))) return folder;
        throw new NativeLibraryMissingException(package.Id, [full], $"{origin} ('{path}') does not hold {package.Library}");
    }

    // NuGet: NUGET_PACKAGES replaces the folder under the user's home, but a package restored before the variable was set still serves.
    private static IEnumerable<string> Roots(NativeSearch search) =>
        new[] { NonEmpty(search.Environment("NUGET_PACKAGES")), Path.Combine(search.Home, ".nuget", "packages") }
            .Concat(search.PackageRoots)
            .OfType<string>()
            .Where(root => root.Length > 0)
            .Select(Path.GetFullPath)
            .Distinct(StringComparer.Ordinal);

    private static string? NonEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
