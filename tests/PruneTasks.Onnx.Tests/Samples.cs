namespace PruneTasks.Onnx.Tests;

/// <summary>The trained models that lie beside the repository; absent in most clones.</summary>
internal static class Samples
{
    /// <summary>Root of the repository.</summary>
    public static string Repository { get; } = FindRepository();

    public static string? Folder { get; } = Find();

    public static string Models => Path.Combine(Folder ?? "", "models");

    public static bool Exist => Folder is not null;

    public const string Missing = "../shared/models is not there";

    /// <summary>Paths relative to the models' folder; one empty row where there is none, so that the test is skipped by name.</summary>
    public static TheoryData<string> All()
    {
        var rows = new TheoryData<string>();
        if (!Exist)
        {
            rows.Add("");
            return rows;
        }
        foreach (string file in Directory.EnumerateFiles(Models, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            rows.Add(Path.GetRelativePath(Models, file));
        return rows;
    }

    public static OnnxModel Load(string relative)
    {
        Assert.SkipUnless(Exist, Missing);
        return OnnxReader.Load(Path.Combine(Models, relative));
    }

    private static string? Find()
    {
        string shared = Path.Combine(Path.GetDirectoryName(Repository)!, "shared");
        return Directory.Exists(Path.Combine(shared, "models")) ? shared : null;
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "PruneTasks.sln"))) return at.FullName;
        }
        throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
