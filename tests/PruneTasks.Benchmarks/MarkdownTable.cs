namespace PruneTasks.Benchmarks;

/// <summary>Writes a Markdown table line by line, so that a long measurement shows how far it is.</summary>
internal sealed class MarkdownTable
{
    private readonly TextWriter _output;

    public MarkdownTable(TextWriter output, params string[] columns)
    {
        _output = output;
        Add(columns);
        Add([.. columns.Select((_, i) => i == 0 ? "---" : "---:")]);
    }

    /// <summary>One row.</summary>
    public void Add(params string[] cells) => _output.WriteLine($"| {string.Join(" | ", cells)} |");
}
