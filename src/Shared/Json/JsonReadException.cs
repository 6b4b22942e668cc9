namespace PruneTasks.Json;

/// <summary>Text that is not JSON, or JSON that is not what the contract asks for.</summary>
internal sealed class JsonReadException : Exception
{
    /// <summary>A problem at a 1-based position; 0 when the value was not read from text.</summary>
    public JsonReadException(string problem, int line, int column)
        : base(line > 0 ? $"line {line}, column {column}: {problem}" : problem)
    {
        Problem = problem;
        Line = line;
        Column = column;
    }

    /// <summary>The problem without its position.</summary>
    public string Problem { get; }

    /// <summary>1-based line, or 0.</summary>
    public int Line { get; }

    /// <summary>1-based column, or 0.</summary>
    public int Column { get; }
}
