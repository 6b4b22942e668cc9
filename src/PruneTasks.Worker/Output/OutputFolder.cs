using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Output;

/// <summary>
/// Writes a set of files so that a reader never sees a part of one, and a failure leaves what was there before. The files are
/// gathered in a temporary folder beside the output folder (the same volume, so that a move is a rename); <see cref="Commit"/> moves
/// them, the file added last moves last: it is the stamp for all others.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly string _folder;
    private readonly string _temporary;
    private readonly List<string> _names = [];
    private readonly List<string> _gone = [];

    /// <param name="folder">Where the files go; made on commit if it is missing.</param>
    /// <exception cref="PruneDiagnosticException">The place cannot be written to.</exception>
    public OutputFolder(string folder)
    {
        _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _temporary = TemporaryFolders.New(_folder);
        Guard(_folder, () => Directory.CreateDirectory(_temporary));
    }

    /// <summary>Adds a file; it can be seen after <see cref="Commit"/> only.</summary>
    public void Add(string name, byte[] content)
    {
        Guard(Path.Combine(_folder, name), () => File.WriteAllBytes(Path.Combine(_temporary, name), content));
        _names.Add(name);
    }

    /// <summary>Adds a file that lies on the same volume, by moving it.</summary>
    public void AddFile(string name, string path)
    {
        Guard(Path.Combine(_folder, name), () => File.Move(path, Path.Combine(_temporary, name)));
        _names.Add(name);
    }

    /// <summary>Says that a file of an earlier set goes with <see cref="Commit"/>.</summary>
    public void Remove(string name) => _gone.Add(name);

    /// <summary>Adds a text file: UTF-8 without a byte order mark.</summary>
    public void Add(string name, string content) => Add(name, System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>Moves all files to their place, in the order of <see cref="Add(string, byte[])"/>.</summary>
    /// <exception cref="PruneDiagnosticException">A file cannot be moved. Files are replaced whole or not at all.</exception>
    public void Commit()
    {
        Guard(_folder, () => Directory.CreateDirectory(_folder));
        // Without its stamp a half-replaced set is known as such, should the process end between two moves.
        if (_names.Count > 0) Guard(_folder, () => File.Delete(Path.Combine(_folder, _names[^1])));
        foreach (string name in _gone) Guard(Path.Combine(_folder, name), () => File.Delete(Path.Combine(_folder, name)));
        foreach (string name in _names)
        {
            string target = Path.Combine(_folder, name);
            Guard(target, () => File.Move(Path.Combine(_temporary, name), target, overwrite: true));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => TemporaryFolders.Remove(_temporary);

    private static void Guard(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.NotWritten(null, path, problem), problem);
        }
    }
}
