using System.Globalization;

namespace PruneTasks.Spec.Diagnostics;

/// <summary>How much a diagnostic matters.</summary>
public enum PruneSeverity
{
    /// <summary>Worth knowing; never in the way.</summary>
    Info,

    /// <summary>The build goes on; the outcome may not be what was asked for.</summary>
    Warning,

    /// <summary>The build fails and nothing is written.</summary>
    Error,
}

/// <summary>One row of the table of diagnostics (<see cref="PruneDiagnostics"/>).</summary>
/// <param name="Id">PRUNE and four digits; the first two are the block.</param>
/// <param name="Severity">Severity unless the one who reports lowers it.</param>
/// <param name="Title">One line without placeholders; heads the page of the diagnostic.</param>
/// <param name="MessageFormat">Composite format of the message; placeholders are described in the page.</param>
public sealed record PruneDiagnosticDescriptor(string Id, PruneSeverity Severity, string Title, string MessageFormat)
{
    /// <summary>The page that explains cause, example and fix.</summary>
    public string HelpLink => $"https://github.com/prunetasks/prunetasks/blob/main/docs/diagnostics/{Id}.md";

    /// <summary>A diagnostic at a place in a file.</summary>
    public PruneDiagnostic At(string? file, SourceSpan span, params object[] arguments) =>
        new(this, file, span.Line, span.Column, span.EndLine, span.EndColumn, Format(arguments));

    /// <summary>A diagnostic about a whole file, or about none.</summary>
    public PruneDiagnostic In(string? file, params object[] arguments) => At(file, SourceSpan.None, arguments);

    private string Format(object[] arguments) =>
        string.Format(CultureInfo.InvariantCulture, MessageFormat, arguments);
}
