using System.Text;
using PruneTasks.Records;

namespace PruneTasks.Tasks.Common;

/// <summary>Writes whole files: a reader sees the old or the new content, never a part.</summary>
internal static class AtomicFile
{
    private const string Extension = ".tmp";

    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes the text unless the file already has it, so that an unchanged file keeps its time. True if it was written.</summary>
    public static bool WriteIfDifferent(string path, string text)
    {
        if (File.Exists(path) && string.Equals(File.ReadAllText(path, Utf8), text, StringComparison.Ordinal))
            return false;
        Write(path, text);
        return true;
    }

    /// <summary>Copies a file unless the target has the same bytes.</summary>
    public static void CopyIfDifferent(string path, string source)
    {
        byte[] bytes = File.ReadAllBytes(source);
        if (File.Exists(path) && bytes.SequenceEqual(File.ReadAllBytes(path)))
            return;
        Write(path, temporary => File.WriteAllBytes(temporary, bytes));
    }

    /// <summary>Writes the text beside the file, then renames.</summary>
    public static void Write(string path, string text) => Write(path, temporary => File.WriteAllText(temporary, text, Utf8));

    private static void Write(string path, Action<string> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + "." + ProcessMark.New() + Extension;
        try
        {
            write(temporary);
            Move(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Removes what processes that were killed between writing and renaming left in a folder.</summary>
    public static void RemoveLeftOvers(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string file in Directory.GetFiles(folder, "*" + Extension))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            if (ProcessMark.IsLeftOver(name.Substring(name.LastIndexOf('.') + 1)))
                File.Delete(file);
        }
    }

    /// <summary>Moves a file over another on the same volume.</summary>
    public static void Move(string source, string target)
    {
        // File.Replace needs a target, File.Move needs none; another build may create or delete it between the question and the call.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (File.Exists(target))
                    File.Replace(source, target, null);
                else
                    File.Move(source, target);
                return;
            }
            catch (IOException) when (attempt < 3 && File.Exists(source))
            {
            }
        }
    }
}
