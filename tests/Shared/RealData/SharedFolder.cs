namespace PruneTasks.Testing;

/// <summary>Models and data beside the repository (<c>../shared</c>); tests that need them are skipped by name where they are absent.</summary>
internal static class SharedFolder
{
    /// <summary>Root of the repository: the folder with <c>PruneTasks.sln</c>.</summary>
    internal static string Repository { get; } = FindRepository();

    /// <summary>Full path of a file or folder in <c>../shared</c>; the running test is skipped if it is absent.</summary>
    internal static string Require(params string[] parts)
    {
        string path = Path.GetFullPath(Path.Combine([Repository, "..", "shared", .. parts]));
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"not run: ../shared/{string.Join('/', parts)} is absent");
        return path;
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "PruneTasks.sln"))) return at.FullName;
        throw new InvalidOperationException($"no PruneTasks.sln above {AppContext.BaseDirectory}");
    }
}
