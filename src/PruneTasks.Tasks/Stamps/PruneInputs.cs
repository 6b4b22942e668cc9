using PruneTasks.Records;

namespace PruneTasks.Tasks.Stamps;

/// <summary>Everything that a pruned model depends on, in two forms: by state (quick) and by content (what counts).</summary>
internal static class PruneInputs
{
    /// <summary>State of all inputs; equal states mean equal content.</summary>
    public static string State(ModelRecord record)
    {
        List<string> files = [record.Model, .. record.ModelFiles, .. record.Data, .. ToolFiles(record.Tool)];
        return Sha256.OfText(string.Join("\n", record.CanonicalSpec, record.Natives, FileState.Of(files)));
    }

    /// <summary>
    /// Content hash: model with its external data, canonical spec, samples with their names (folder names may be labels), the tool's own
    /// assemblies and the versions of the native libraries. Neither times nor the place of the project are in it.
    /// </summary>
    public static string Content(ModelRecord record)
    {
        var text = new RecordText()
            .Add("spec", record.CanonicalSpec)
            .Add("natives", record.Natives)
            .Add("model", Sha256.OfFile(record.Model));
        foreach (string file in record.ModelFiles)
            text.Add("model-file", Path.GetFileName(file) + " " + Sha256.OfFile(file));
        foreach (string data in record.Data)
            AddData(text, data);
        foreach (string file in ToolFiles(record.Tool))
            text.Add("tool", Path.GetFileName(file) + " " + Sha256.OfFile(file));
        return Sha256.OfText(text.Write("prunetasks-content 1"));
    }

    private static void AddData(RecordText text, string data)
    {
        if (!Directory.Exists(data))
        {
            // The extension says how it is read.
            text.Add("data", File.Exists(data) ? "file" + Path.GetExtension(data).ToLowerInvariant() + " " + Sha256.OfFile(data) : "missing");
            return;
        }

        text.Add("data", "folder");
        foreach (FileInfo file in FileState.FilesBeneath(data))
        {
            string relative = file.FullName.Substring(data.Length).TrimStart(Path.DirectorySeparatorChar);
            text.Add("sample", relative.Replace(Path.DirectorySeparatorChar, '/') + " " + Sha256.OfFile(file.FullName));
        }
    }

    // Our own assemblies and TorchSharp decide the result; what else lies there belongs to a version of ours.
    private static List<string> ToolFiles(string tool)
    {
        List<string> ours = [];
        string folder = Path.GetDirectoryName(tool)!;
        if (!Directory.Exists(folder))
            return ours;
        foreach (string file in Directory.GetFiles(folder, "*.dll"))
        {
            string name = Path.GetFileName(file);
            if (name.StartsWith("PruneTasks.", StringComparison.Ordinal) || name.StartsWith("TorchSharp", StringComparison.Ordinal))
                ours.Add(file);
        }

        ours.Sort(StringComparer.Ordinal);
        return ours;
    }
}
