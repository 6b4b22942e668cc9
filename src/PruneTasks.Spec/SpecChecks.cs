using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec;

/// <summary>Whether the files that a spec names are there. Apart from reading, because not every step needs all of them.</summary>
public static class SpecChecks
{
    /// <summary>The model file exists and is no Git LFS pointer.</summary>
    public static IReadOnlyList<PruneDiagnostic> Model(PruneSpec spec)
    {
        SourceSpan place = spec.PlaceNear("model");
        try
        {
            if (!File.Exists(spec.Model.Full))
                return [PruneDiagnostics.ModelNotFound.At(spec.File, place, spec.Model.Full)];
            return GitLfs.IsPointer(spec.Model.Full)
                ? [PruneDiagnostics.LfsPointer.At(spec.File, place, spec.Model.Written)]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [PruneDiagnostics.ModelUnreadable.At(spec.File, place, spec.Model.Full, exception.Message)];
        }
    }

    /// <summary>There is personal data, and each data folder that is named exists and holds a file that counts.</summary>
    public static IReadOnlyList<PruneDiagnostic> Data(PruneSpec spec)
    {
        var diagnostics = new List<PruneDiagnostic>();
        if (spec.Data.Personal is null)
            diagnostics.Add(PruneDiagnostics.NoCalibrationData.At(spec.File, spec.PlaceNear("data.personal")));
        foreach ((string section, DataSource? source) in Sources(spec.Data))
        {
            if (source is not null && Check(spec, section, source) is { } diagnostic)
                diagnostics.Add(diagnostic);
        }

        return diagnostics;
    }

    /// <summary>The labels of a spec, from the spec or from the file; null with a diagnostic, or without one when it names none.</summary>
    public static IReadOnlyList<string>? Labels(PruneSpec spec, ICollection<PruneDiagnostic> diagnostics)
    {
        if (spec.Labels is not { File: { } file } source)
            return spec.Labels?.Names;
        string? problem;
        try
        {
            // A final line feed ends the last label; a blank line between labels would shift all that follow.
            string[] lines = [.. File.ReadAllText(file.Full).TrimEnd().Split('\n').Select(line => line.Trim())];
            int blank = Array.IndexOf(lines, "");
            if (blank < 0)
                return lines;
            problem = lines.Length == 1 ? "is empty" : $"has a blank line {blank + 1}; it has one label per line";
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = "does not exist";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot be read: {exception.Message}";
        }

        diagnostics.Add(PruneDiagnostics.LabelsFile.At(spec.File, spec.PlaceOf("labels"), file.Full, problem));
        return null;
    }

    /// <summary>The files beneath the path of a tokenizer that may be read, to see whether they change.</summary>
    public static IReadOnlyList<string> TokenizerFiles(string path)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(path)!;
        return [path, .. Tokenizers.TokenizerFiles.Names.Select(name => Path.Combine(folder, name)).Where(file => file != path && File.Exists(file))];
    }

    /// <summary>Looks for a tokenizer in a folder.</summary>
    /// <returns>The name of the file that a spec can name, or null where there is none; and, where it cannot be used as it is, why.</returns>
    public static (string? File, string? Problem) FindTokenizer(string folder)
    {
        string? file = null;
        try
        {
            (string format, string[] files) = Tokenizers.TokenizerFiles.Find(folder, "auto");
            file = Path.GetFileName(files[0]);
            Tokenizers.TokenizerFiles.Read(format, files, new TextSpec());
            return (file, null);
        }
        catch (Tokenizers.TokenizerException exception)
        {
            return (file, file is null ? null : exception.Message.Replace("|", ": "));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (file, exception.Message);
        }
    }

    private static (string Section, DataSource? Source)[] Sources(DataSpec data) =>
        [("data.personal", data.Personal), ("data.common", data.Common), ("data.test", data.Test)];

    private static PruneDiagnostic? Check(PruneSpec spec, string section, DataSource source)
    {
        SourceSpan place = spec.PlaceOf($"{section}.path");
        string folder = source.Path.Full;
        try
        {
            // Recorded inputs may also be given as one file.
            if (File.Exists(folder) && Counts(spec, folder))
                return null;
            if (!Directory.Exists(folder))
                return PruneDiagnostics.DataFolderMissing.At(spec.File, place, section, folder);
            return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any(path => Counts(spec, path))
                ? null
                : PruneDiagnostics.DataFolderEmpty.At(spec.File, place, section, folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return PruneDiagnostics.DataFileUnreadable.At(spec.File, place, section, folder, exception.Message);
        }
    }

    private static bool Counts(PruneSpec spec, string path) =>
        DataFiles.IsImage(path) || DataFiles.IsTensors(path) || (spec.Text is not null && DataFiles.IsText(path));
}
