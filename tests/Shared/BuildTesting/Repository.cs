namespace PruneTasks.BuildTesting;

/// <summary>Places in the repository, found from the test's own folder.</summary>
internal static class Repository
{
    /// <summary>The folder of PruneTasks.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The assembly of the fake worker, built in the same configuration as the tests.</summary>
    public static string FakeWorker => BuildOutput("tests", "PruneTasks.FakeWorker", "net10.0", "PruneTasks.FakeWorker.dll");

    /// <summary>What a project of the repository built, in the configuration of the tests.</summary>
    public static string BuildOutput(string group, string project, string framework, string file) =>
        Path.Combine(Root, group, project, "bin", Configuration, framework, file);

    // .../bin/<configuration>/<framework>/
    private static string Configuration =>
        Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))!);

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "PruneTasks.sln")))
                return folder;
        }

        throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
