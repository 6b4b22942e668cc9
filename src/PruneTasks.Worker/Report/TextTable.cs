using System.Text;

namespace PruneTasks.Worker.Report;

/// <summary>A table of text for a terminal: columns padded; the first column, and those whose name starts with '&lt;', to the left, others to the right.</summary>
internal sealed class TextTable(params string[] columns)
{
    private readonly List<string[]> _rows = [[.. columns.Select(column => column.TrimStart('<'))]];

    /// <summary>Adds a row; it has as many cells as there are columns.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <inheritdoc/>
    public override string ToString()
    {
        int[] widths = [.. columns.Select((_, i) => _rows.Max(row => row[i].Length))];
        var text = new StringBuilder();
        foreach (string[] row in _rows)
        {
            IEnumerable<string> cells = row.Select((cell, i) => i == 0 || columns[i].StartsWith('<') ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]));
            text.Append(string.Join("  ", cells).TrimEnd()).Append('\n');
        }
        return text.ToString();
    }
}
