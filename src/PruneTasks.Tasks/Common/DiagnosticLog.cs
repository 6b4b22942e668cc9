using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Tasks.Common;

/// <summary>Diagnostics into the log of the build.</summary>
internal static class DiagnosticLog
{
    /// <summary>
    /// Logs with id, place and help link. The subcategory stays null, because it is printed before the word "error"; so does the help keyword,
    /// because the terminal logger turns it into a link of its own. No arguments follow the message: MSBuild formats only if there are some.
    /// </summary>
    public static void Report(this TaskLoggingHelper log, PruneDiagnostic diagnostic, bool errorsAsWarnings = false)
    {
        PruneDiagnostic d = diagnostic;
        string link = d.Descriptor.HelpLink;
        switch (d.Severity)
        {
            case PruneSeverity.Error when !errorsAsWarnings:
                log.LogError(null, d.Id, null, link, d.File, d.Line, d.Column, d.EndLine, d.EndColumn, d.Message);
                break;
            case PruneSeverity.Error or PruneSeverity.Warning:
                log.LogWarning(null, d.Id, null, link, d.File, d.Line, d.Column, d.EndLine, d.EndColumn, d.Message);
                break;
            default:
                log.LogMessage(null, d.Id, null, d.File, d.Line, d.Column, d.EndLine, d.EndColumn, MessageImportance.Normal, d.Message);
                break;
        }
    }
}
