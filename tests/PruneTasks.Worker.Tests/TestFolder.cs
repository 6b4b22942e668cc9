using System.Text;

namespace PruneTasks.Worker.Tests;

/// <summary>A folder for one test, removed afterwards.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("prunetasks-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, byte[] content)
    {
        string path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    /// <summary>All files, relative, sorted.</summary>
    public string[] Files(string under = "") =>
        Directory.Exists(File(under))
            ? [.. Directory.EnumerateFiles(File(under), "*", SearchOption.AllDirectories).Select(path => System.IO.Path.GetRelativePath(File(under), path).Replace('\\', '/')).Order(StringComparer.Ordinal)]
            : [];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
