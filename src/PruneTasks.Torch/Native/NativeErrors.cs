namespace PruneTasks.Torch.Native;

/// <summary>A native library was not found. The message says where it was looked for and what to add to a project.</summary>
public sealed class NativeLibraryMissingException : Exception
{
    internal NativeLibraryMissingException(string library, IReadOnlyList<string> searched, string message) : base(message)
    {
        Library = library;
        Searched = searched;
    }

    /// <summary>What was looked for: a package id or a library name.</summary>
    public string Library { get; }

    /// <summary>Folders that were tried, in order.</summary>
    public IReadOnlyList<string> Searched { get; }
}

/// <summary>A native library was found and did not load.</summary>
public sealed class NativeLibraryLoadException : Exception
{
    internal NativeLibraryLoadException(string path, string message, Exception? inner) : base(message, inner) => LibraryPath = path;

    /// <summary>File that did not load.</summary>
    public string LibraryPath { get; }
}
