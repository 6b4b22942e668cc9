using PruneTasks.Json;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Cli;

namespace PruneTasks.Worker.Explaining;

/// <summary>Finds and reads a report.json.</summary>
internal static class ReportFile
{
    private const string Name = "report.json";

    /// <summary>The report to use: the file or folder given, else the only one below <c>obj/prunetasks</c> of <paramref name="current"/>.</summary>
    /// <exception cref="CommandLineException">There is none, or there are several.</exception>
    public static string Find(string? given, string current)
    {
        if (given is not null)
        {
            string path = Directory.Exists(given) ? Path.Combine(given, Name) : given;
            return File.Exists(path) ? path : throw new CommandLineException($"there is no report '{path}'");
        }
        string folder = Path.Combine(current, "obj", "prunetasks");
        string[] found = Directory.Exists(folder)
            ? [.. Directory.GetDirectories(folder).Select(model => Path.Combine(model, Name)).Where(File.Exists).Order(StringComparer.Ordinal)]
            : [];
        return found switch
        {
            [var one] => one,
            [] => throw new CommandLineException($"no report was found below '{folder}'; build the project, or name the report with --report"),
            _ => throw new CommandLineException($"several models have a report; name one with --report: {string.Join(", ", found.Select(file => $"'{file}'"))}"),
        };
    }

    /// <summary>Reads a report.</summary>
    /// <exception cref="PruneDiagnosticException">It is no report that this version knows.</exception>
    public static JsonValue Read(string path)
    {
        try
        {
            JsonValue report = JsonReader.Read(File.ReadAllText(path));
            report.RequireVersion(1);
            return report;
        }
        catch (JsonReadException problem)
        {
            throw Unreadable(path, problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.ContractUnreadable.In(path, path, problem.Message), problem);
        }
    }

    /// <summary>A report whose content is not as expected.</summary>
    public static PruneDiagnosticException Unreadable(string path, JsonReadException problem) =>
        new(PruneDiagnostics.ContractUnreadable.At(path, new SourceSpan(problem.Line, problem.Column, 0, 0), path, problem.Problem), problem);
}
