namespace PruneTasks.Spec.Onnx;

/// <summary>
/// Which locations of external data (ONNX, "External data") are followed: files in the folder of the model or below, written relative to it. A model comes from
/// anywhere; it must not choose what else is read.
/// </summary>
public static class ExternalPath
{
    /// <summary>Why a location is not followed, as it stands in the model; <see langword="null"/> if it may be.</summary>
    public static string? Problem(string location)
    {
        if (location.Length == 0)
            return "names no file";
        if (location.Any(char.IsControl))
            return "holds characters that no path has";
        // A drive, a second stream of a file, or a scheme such as file:. Rooted on one system, a name on another: refused on all alike.
        if (location.Contains(':') || location[0] is '/' or '\\' || location.Split('/', '\\').Any(step => step.Trim() == ".."))
            return "lies outside the model's folder";
        return location[location.Length - 1] is '/' or '\\' || location.Split('/', '\\').All(step => step is "" or ".") ? "names no file" : null;
    }

    /// <summary>The path of a location without a <see cref="Problem"/>; <see langword="null"/> if a step on the way is a link, which may lead anywhere.</summary>
    public static string? Resolve(string folder, string location)
    {
        string path = folder;
        foreach (string step in location.Split('/', '\\').Where(step => step is not ("" or ".")))
        {
            path = Path.Combine(path, step);
            if ((File.Exists(path) || Directory.Exists(path)) && (File.GetAttributes(path) & FileAttributes.ReparsePoint) != 0)
                return null;
        }

        return path;
    }
}
