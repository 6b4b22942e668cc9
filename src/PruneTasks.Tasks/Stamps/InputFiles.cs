namespace PruneTasks.Tasks.Stamps;

/// <summary>The single files that a pruned model is made of, for tools that compare times and know no folders.</summary>
internal static class InputFiles
{
    // An editor asks often. Of a folder with more samples than this it is not told; the next build sees what changed there in any case.
    private const int Most = 5000;

    /// <summary>Model, external data and samples that are there.</summary>
    public static IEnumerable<string> Of(ModelRecord record) =>
        new[] { record.Model }.Concat(record.ModelFiles).Concat(record.Data.SelectMany(Samples)).Where(File.Exists);

    private static IEnumerable<string> Samples(string data)
    {
        if (!Directory.Exists(data))
            return [data];
        List<string> files = [.. Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Take(Most + 1)];
        return files.Count > Most ? [] : files;
    }
}
