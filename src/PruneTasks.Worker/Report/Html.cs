using System.Net;
using System.Text;

namespace PruneTasks.Worker.Report;

/// <summary>Text of an HTML page. Everything that is not markup goes through <see cref="Text"/>.</summary>
internal sealed class Html
{
    private readonly StringBuilder _page = new();

    /// <summary>Escapes text for content and for attributes in double quotes.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Adds markup as it is, and a line feed.</summary>
    public Html Raw(string markup)
    {
        _page.Append(markup).Append('\n');
        return this;
    }

    /// <summary>A section's heading.</summary>
    public Html Heading(string text) => Raw($"<h2>{Text(text)}</h2>");

    /// <summary>A table with a heading row. Columns whose name starts with '#' hold figures: they are set to the right.</summary>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="rows">Cells as markup; the first of each row heads it.</param>
    /// <param name="caption">Text under the table, or null.</param>
    public Html Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, string? caption = null)
    {
        Raw("<div class=\"scroll\"><table>");
        if (caption is not null) Raw($"<caption>{Text(caption)}</caption>");
        Raw($"<thead><tr>{string.Concat(columns.Select(column => $"<th{Class(column)}>{Text(column.TrimStart('#'))}</th>"))}</tr></thead><tbody>");
        foreach (IReadOnlyList<string> row in rows)
            Raw($"<tr><th>{row[0]}</th>{string.Concat(row.Skip(1).Select((cell, i) => $"<td{Class(columns[i + 1])}>{cell}</td>"))}</tr>");
        return Raw("</tbody></table></div>");
    }

    /// <inheritdoc/>
    public override string ToString() => _page.ToString();

    private static string Class(string column) => column.StartsWith('#') ? " class=\"n\"" : "";
}
