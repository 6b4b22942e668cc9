using Microsoft.CodeAnalysis;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Generator.Reporting;

/// <summary>The rows of the table of diagnostics in the compiler's type.</summary>
internal static class Descriptors
{
    public static DiagnosticDescriptor Of(PruneDiagnosticDescriptor row) => new(
        row.Id,
        row.Title,
        row.MessageFormat,
        "PruneTasks",
        row.Severity switch
        {
            PruneSeverity.Error => DiagnosticSeverity.Error,
            PruneSeverity.Warning => DiagnosticSeverity.Warning,
            _ => DiagnosticSeverity.Info,
        },
        isEnabledByDefault: true,
        helpLinkUri: row.HelpLink);
}
