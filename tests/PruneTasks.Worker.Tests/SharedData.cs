namespace PruneTasks.Worker.Tests;

/// <summary>The real models and images that lie beside the repository; absent in most clones.</summary>
internal static class SharedData
{
    public const string Missing = "../shared is not there";

    public static string? Folder { get; } = Find();

    public static string Path(string relative) => System.IO.Path.Combine(Folder ?? "", relative);

    private static string? Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(System.IO.Path.Combine(at.FullName, "PruneTasks.sln"))) continue;
            string shared = System.IO.Path.Combine(at.Parent!.FullName, "shared");
            return Directory.Exists(System.IO.Path.Combine(shared, "models")) ? shared : null;
        }
        return null;
    }
}
