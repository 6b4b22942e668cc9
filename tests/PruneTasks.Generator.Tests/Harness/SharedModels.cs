namespace PruneTasks.Generator.Tests.Harness;

/// <summary>The real models beside the repository, where they are.</summary>
internal static class SharedModels
{
    private static readonly string? Folder = Find();

    /// <summary>A file of ../shared/models; the test is skipped, by name, where it is absent.</summary>
    public static string Require(string path)
    {
        string? file = Folder is null ? null : Path.Combine(Folder, path);
        Assert.SkipUnless(File.Exists(file), $"not run: ../shared/models/{path} is absent");
        return file!;
    }

    /// <summary>The folder of this test project's sources.</summary>
    public static string ProjectFolder => Path.Combine(Root()!, "tests", "PruneTasks.Generator.Tests");

    private static string? Find() => Root() is { } root && Path.GetFullPath(Path.Combine(root, "..", "shared", "models")) is var models
        && Directory.Exists(models) ? models : null;

    private static string? Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PruneTasks.sln")))
                return folder.FullName;
        }
        return null;
    }
}
