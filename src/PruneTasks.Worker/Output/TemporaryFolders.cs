using PruneTasks.Records;

namespace PruneTasks.Worker.Output;

/// <summary>Names for temporary folders beside an output folder: on the same volume, so that files are moved from one to the other and not copied.</summary>
internal static class TemporaryFolders
{
    private const string Ending = ".tmp";

    /// <summary>A name that is not taken. What runs that were killed have left beside the same folder goes: of a large model that is several gigabytes.</summary>
    public static string New(string output)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)), name = Path.GetFileName(folder) + ".";
        if (Path.GetDirectoryName(folder) is { } parent && Directory.Exists(parent))
        {
            foreach (string other in Directory.GetDirectories(parent, "*" + Ending))
            {
                string found = Path.GetFileName(other);
                if (found.StartsWith(name, StringComparison.Ordinal) && ProcessMark.IsLeftOver(found[name.Length..^Ending.Length])) Remove(other);
            }
        }
        return $"{folder}.{ProcessMark.New()}{Ending}";
    }

    /// <summary>Removes a folder as well as it goes: left-overs do no harm, and the run itself has an outcome to report.</summary>
    public static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }
}
