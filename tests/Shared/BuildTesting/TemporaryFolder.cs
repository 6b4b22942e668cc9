namespace PruneTasks.BuildTesting;

/// <summary>A folder of its own, outside the repository, that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Makes the folder; <paramref name="name"/> becomes part of its path.</summary>
    public TemporaryFolder(string name = "prunetasks")
    {
        Root = Directory.CreateTempSubdirectory("prunetasks-").FullName;
        Path = System.IO.Path.Combine(Root, name);
        Directory.CreateDirectory(Path);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    private string Root { get; }

    /// <summary>A path in the folder.</summary>
    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a text file, making its folder.</summary>
    public string Write(string relative, string text)
    {
        string path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A worker that was just killed may still hold a file on Windows; what is left there is in the temporary folder anyway.
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
        }
    }
}
