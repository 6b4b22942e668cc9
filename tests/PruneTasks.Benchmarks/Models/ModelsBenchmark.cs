using System.Globalization;
using PruneTasks.Worker.Natives;

namespace PruneTasks.Benchmarks.Models;

/// <summary>Prunes every ONNX file of a folder, by itself, and prints a row for each.</summary>
internal static class ModelsBenchmark
{
    /// <summary>Runs.</summary>
    /// <param name="folder">Folder, searched with all folders below it; or one file.</param>
    /// <param name="only">Only files whose path has this in it.</param>
    /// <param name="settings">How each is tried.</param>
    /// <param name="page">Where the table is written as a page; null to print only.</param>
    /// <param name="command">The command line, for the page.</param>
    /// <param name="output">Takes the table, line by line.</param>
    /// <returns>Exit code: 1 if a file failed, 2 if there is none.</returns>
    public static async Task<int> Run(string folder, string? only, TrialSettings settings, string? page, string command, TextWriter output)
    {
        WorkerNatives.UseOnnxRuntime(null);
        string root = Path.GetFullPath(folder);
        string[] files = File.Exists(root) ? [root] : Directory.Exists(root) ? [.. Directory.EnumerateFiles(root, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
        files = [.. files.Where(f => only is null || f.Contains(only, StringComparison.OrdinalIgnoreCase))];
        if (files.Length == 0)
        {
            await Console.Error.WriteLineAsync($"no ONNX file in '{folder}'");
            return 2;
        }
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using var both = new TeeWriter(output, text);
        var table = new MarkdownTable(both, ModelRow.Columns);
        Dictionary<Fate, int> counts = Enum.GetValues<Fate>().ToDictionary(f => f, _ => 0);
        foreach (string file in files)
        {
            string name = File.Exists(root) ? Path.GetFileName(file) : Path.GetRelativePath(root, file).Replace('\\', '/');
            ModelRow row = await ModelTrial.Run(file, name, settings);
            counts[row.Fate]++;
            table.Add(row.Cells);
            await both.FlushAsync();
        }
        await both.WriteLineAsync();
        await both.WriteLineAsync(string.Join(", ", counts.Select(c => $"{c.Key.ToString().ToLowerInvariant()} {c.Value}")));
        if (page is not null) await File.WriteAllTextAsync(page, ModelsPage.Write(command, settings, text.ToString(), File.Exists(page) ? await File.ReadAllTextAsync(page) : null));
        return counts[Fate.Failed] == 0 ? 0 : 1;
    }
}

/// <summary>Writes to two.</summary>
internal sealed class TeeWriter(TextWriter first, TextWriter second) : TextWriter(CultureInfo.InvariantCulture)
{
    /// <inheritdoc/>
    public override System.Text.Encoding Encoding => first.Encoding;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        first.Write(value);
        second.Write(value);
    }

    /// <inheritdoc/>
    public override void Flush() => first.Flush();
}
