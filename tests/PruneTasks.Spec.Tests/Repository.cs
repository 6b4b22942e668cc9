namespace PruneTasks.Spec.Tests;

/// <summary>Where the repository lies, found from the test's folder upwards.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string At(params string[] path) => Path.Combine([Root, .. path]);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PruneTasks.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("PruneTasks.sln is in no folder above the tests.");
    }
}

/// <summary>Real models beside the repository; tests that need them are skipped where they are absent.</summary>
internal static class SharedModels
{
    public static string Folder { get; } = Path.GetFullPath(Repository.At("..", "shared", "models"));
}
