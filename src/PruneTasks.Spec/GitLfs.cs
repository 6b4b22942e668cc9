using System.Text;

namespace PruneTasks.Spec;

/// <summary>Git LFS pointers: the small text that stands for a file until <c>git lfs pull</c>.</summary>
public static class GitLfs
{
    // The specification asks for this to be the first line of each pointer.
    private static readonly byte[] Start = Encoding.ASCII.GetBytes("version https://git-lfs");

    /// <summary>Whether the file is a pointer.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static bool IsPointer(string path)
    {
        using FileStream file = File.OpenRead(path);
        var head = new byte[Start.Length];
        int length = 0, read;
        while (length < head.Length && (read = file.Read(head, length, head.Length - length)) > 0)
            length += read;
        return length == head.Length && head.SequenceEqual(Start);
    }
}
