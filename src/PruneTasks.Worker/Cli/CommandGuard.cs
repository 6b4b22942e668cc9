using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Cli;

/// <summary>The border of every command: nothing is thrown beyond it.</summary>
internal static class CommandGuard
{
    /// <summary>Runs one command and turns what it throws into diagnostics and an exit code.</summary>
    /// <param name="run">The command; takes the list for its warnings.</param>
    /// <param name="what">What is worked on, for the message when it is cancelled.</param>
    /// <param name="diagnosticsTo">Takes the diagnostics, one canonical line each.</param>
    /// <param name="report">Told of the outcome when it is not good; may be null.</param>
    public static int Run(Action<DiagnosticList> run, string what, TextWriter diagnosticsTo, Action<IReadOnlyList<PruneDiagnostic>>? report = null)
    {
        var diagnostics = new DiagnosticList(diagnosticsTo);
        try
        {
            run(diagnostics);
            return ExitCode.Done;
        }
        catch (PruneDiagnosticException problem)
        {
            foreach (PruneDiagnostic diagnostic in problem.Diagnostics) diagnostics.Add(diagnostic);
            return Fail(ExitCode.Failed);
        }
        catch (CommandLineException problem)
        {
            diagnostics.Add(PruneDiagnostics.BadCommandLine.In(null, problem.Message));
            return Fail(ExitCode.BadCommandLine);
        }
        catch (OperationCanceledException)
        {
            diagnostics.Add(PruneDiagnostics.Cancelled.In(null, what));
            return Fail(ExitCode.Failed);
        }
        catch (Exception problem) when (ResourceFailure.Explain(problem, what) is { } failure)
        {
            diagnostics.Add(failure);
            return Fail(ExitCode.Failed);
        }
        catch (Exception problem) when (ModelFailure.Explain(problem, what) is { } failure)
        {
            diagnostics.Add(failure);
            return Fail(ExitCode.Failed);
        }
        catch (Exception problem)
        {
            diagnostics.Add(PruneDiagnostics.InternalError.In(null, $"{problem.GetType().Name}: {problem.Message}", WriteLog(problem)));
            return Fail(ExitCode.InternalError);
        }

        int Fail(int code)
        {
            report?.Invoke(diagnostics);
            return code;
        }
    }

    /// <summary>Puts the whole exception into a file: the build shows one line.</summary>
    private static string WriteLog(Exception problem)
    {
        string path = Path.Combine(Path.GetTempPath(), $"prunetasks-{Environment.ProcessId}.log");
        try
        {
            File.WriteAllText(path, problem.ToString());
            return path;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"not written: {failure.Message}";
        }
    }
}
