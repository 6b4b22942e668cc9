using System.Globalization;

namespace PruneTasks.Worker.Data;

/// <summary>Finds the class of a file from the folders it lies in.</summary>
internal sealed class ClassLabels
{
    private readonly Dictionary<string, int> _byText = [];
    private readonly Dictionary<string, int> _byFolder = new(StringComparer.Ordinal);

    /// <param name="labels">The spec's labels, or null.</param>
    /// <param name="classes">Entries of the model's class axis, if known.</param>
    /// <param name="paths">All files, relative, with '/'.</param>
    public ClassLabels(IReadOnlyList<string>? labels, int? classes, IEnumerable<string> paths)
    {
        if (labels is not null)
        {
            // Where two labels differ by case or separators only, the folder cannot tell: neither is used.
            foreach (IGrouping<string, (string Text, int Index)> group in labels.Select((text, index) => (Normal(text), index)).GroupBy(item => item.Item1))
            {
                if (group.Count() == 1) _byText.Add(group.Key, group.First().Index);
            }
            return;
        }
        string[] folders = [.. paths.Where(path => path.Contains('/')).Select(Top).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        int?[] numbers = [.. folders.Select(Number)];
        if (classes is not null && folders.Length > 0 && numbers.All(number => number < classes))
            AddAll(folders, i => numbers[i]!.Value);
        // Fewer folders than classes: their sorted order says nothing about the class axis, so there are no labels.
        else if (folders.Length == classes)
            AddAll(folders, i => i);
    }

    /// <summary>The class folder of a file (its stratum when samples are chosen) and the index of its class, if that is known.</summary>
    public (string Folder, int? Label) Of(string path)
    {
        string[] folders = path.Split('/')[..^1];
        for (int i = folders.Length - 1; i >= 0; i--)
        {
            if (_byText.TryGetValue(Normal(folders[i]), out int label)) return (Normal(folders[i]), label);
        }
        if (folders.Length == 0) return ("", null);
        return (folders[0], _byFolder.TryGetValue(folders[0], out int index) ? index : null);
    }

    private void AddAll(string[] folders, Func<int, int> index)
    {
        for (int i = 0; i < folders.Length; i++) _byFolder.Add(folders[i], index(i));
    }

    private static string Top(string path) => path[..path.IndexOf('/')];

    private static int? Number(string folder) =>
        int.TryParse(folder, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static string Normal(string text) => text.Trim().Replace('_', ' ').Replace('-', ' ').ToLowerInvariant();
}
