using System.Globalization;
using System.Text;
using PruneTasks.Records;

namespace PruneTasks.Tasks.Stamps;

/// <summary>The quick check: sizes and times of files, without reading them.</summary>
internal static class FileState
{
    /// <summary>One text for the state of all these files and folders (folders with all files beneath them).</summary>
    public static string Of(IEnumerable<string> paths)
    {
        var text = new StringBuilder();
        foreach (string path in paths)
        {
            text.Append(path).Append('\n');
            if (Directory.Exists(path))
            {
                foreach (FileInfo file in FilesBeneath(path))
                    Append(text, file.FullName.Substring(path.Length), file);
            }
            else
            {
                Append(text, "", new FileInfo(path));
            }
        }

        return Sha256.OfText(text.ToString());
    }

    /// <summary>The files beneath a folder in an order that does not depend on the file system.</summary>
    public static IReadOnlyList<FileInfo> FilesBeneath(string folder)
    {
        var files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).ToList();
        files.Sort((a, b) => string.CompareOrdinal(a.FullName, b.FullName));
        return files;
    }

    private static void Append(StringBuilder text, string name, FileInfo file)
    {
        text.Append(name).Append('|');
        if (!file.Exists)
        {
            text.Append("missing");
        }
        else if ((file.Attributes & FileAttributes.ReparsePoint) != 0)
        {
            // Size and time would be those of the link, not of what it points to.
            text.Append(Sha256.OfFile(file.FullName));
        }
        else
        {
            text.Append(file.Length.ToString(CultureInfo.InvariantCulture)).Append('|')
                .Append(file.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture));
        }

        text.Append('\n');
    }
}
