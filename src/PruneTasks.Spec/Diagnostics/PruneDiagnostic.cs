using System.Globalization;

namespace PruneTasks.Spec.Diagnostics;

/// <summary>A diagnostic that was reported. Made by <see cref="PruneDiagnosticDescriptor.At"/>.</summary>
/// <param name="Descriptor">The row of the table.</param>
/// <param name="File">The file that it is about, or null.</param>
/// <param name="Line">1-based line, or 0.</param>
/// <param name="Column">1-based column, or 0.</param>
/// <param name="EndLine">1-based line of the end, or 0.</param>
/// <param name="EndColumn">1-based column just after the end, or 0.</param>
/// <param name="Message">The message in words, without id and place.</param>
public sealed record PruneDiagnostic(
    PruneDiagnosticDescriptor Descriptor,
    string? File,
    int Line,
    int Column,
    int EndLine,
    int EndColumn,
    string Message)
{
    /// <summary>The id, for example PRUNE0002.</summary>
    public string Id => Descriptor.Id;

    /// <summary>The severity.</summary>
    public PruneSeverity Severity => Descriptor.Severity;

    /// <summary>Whether this makes the build fail.</summary>
    public bool IsError => Severity == PruneSeverity.Error;

    /// <summary>The place in <see cref="File"/>.</summary>
    public SourceSpan Span => new(Line, Column, EndLine, EndColumn);

    /// <summary>
    /// One line in the canonical format that MSBuild reads from tools (documentation: "MSBuild and Visual Studio format for
    /// diagnostic messages"): <c>file(line,column): error PRUNE0002: text</c>. Without a file the origin is <c>PruneTasks</c>.
    /// </summary>
    public override string ToString()
    {
        string place = Line > 0 ? string.Format(CultureInfo.InvariantCulture, "({0},{1})", Line, Column) : "";
        string origin = File is null ? "PruneTasks " : File + place;
        return $"{origin}: {Severity.ToWord()} {Id}: {OneLine(Message)}";
    }

    // A line break would end the diagnostic for every reader of the format.
    private static string OneLine(string text) =>
        string.Join(" ", text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
