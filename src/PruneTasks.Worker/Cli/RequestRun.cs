using System.Runtime.InteropServices;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Output;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Progress;
using PruneTasks.Worker.Running;

namespace PruneTasks.Worker.Cli;

/// <summary>Runs one request of <c>prune</c>. Knows nothing of the parser: a build does not load it.</summary>
internal static class RequestRun
{
    /// <summary>A run that is cancelled removes its temporary folder first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The path of the request, if the command line is just what a build starts; null for anything else, which the parser judges.</summary>
    public static string? FileOf(IReadOnlyList<string> arguments) =>
        arguments is ["prune", "--request", { Length: > 0 } file] && file[0] != '-' ? file : null;

    /// <summary>Runs the request of a build until it ends, or a signal cancels it; a second signal ends the process.</summary>
    public static int UntilSignal(string file, CommandContext context)
    {
        using var cancellation = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel), end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        return FromBuild(file, context, cancellation.Token);

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = !cancellation.IsCancellationRequested;
            cancellation.Cancel();
            new Thread(GiveUp) { IsBackground = true }.Start();
        }
    }

    // A native call that does not end looks at no token.
    private static void GiveUp()
    {
        Thread.Sleep(Patience);
        Environment.Exit(ExitCode.Failed);
    }

    /// <summary>Runs the request of a build. It also reads the outcome of a run that fails.</summary>
    public static int FromBuild(string file, CommandContext context, CancellationToken cancellation)
    {
        PruneRequest? request = null;
        return CommandGuard.Run(
            // The build says where things are: these files are about to move.
            diagnostics => context.Output.WriteLine(Prune(request = Read(file), context, new LineProgress(context.Error.WriteLine), diagnostics, cancellation).Summary),
            file,
            context.Output,
            diagnostics =>
            {
                if (request is not null) WriteFailure(request, diagnostics, context.Output);
            });
    }

    /// <summary>Runs a request that somebody typed. A run that fails leaves the folder as it is.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="context">Where to write.</param>
    /// <param name="json">The outcome as JSON, alone on standard output.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int ByHand(PruneRequest request, CommandContext context, bool json, CancellationToken cancellation)
    {
        TextWriter said = json ? context.Error : context.Output;
        if (context.Terminal() is not { } width) return Run(new LineProgress(context.Error.WriteLine), context.Output, said);
        using TerminalProgress progress = new(context.Error, width);
        return Run(progress, new WriterAboveProgress(context.Output, progress), new WriterAboveProgress(said, progress));

        int Run(IRunProgress progress, TextWriter output, TextWriter said) =>
            CommandGuard.Run(
                diagnostics =>
                {
                    PruneResult result = Prune(request, context, progress, diagnostics, cancellation);
                    if (json) output.WriteLine(result.ToJson().TrimEnd());
                    else output.WriteLine($"{result.Summary}{Environment.NewLine}model: {FromHere(result.Files!.Model)}, report: {FromHere(result.Files.Html)}");
                },
                request.Spec,
                said);

        static string FromHere(string path) => Path.GetRelativePath(Environment.CurrentDirectory, path) is var relative && relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    private static PruneResult Prune(PruneRequest request, CommandContext context, IRunProgress progress, DiagnosticList diagnostics, CancellationToken cancellation) =>
        new PruneRun(context.Pipeline ?? new PrunePipeline(), progress).Run(request, diagnostics, cancellation);

    private static PruneRequest Read(string path)
    {
        try
        {
            return PruneRequest.Parse(File.ReadAllText(path));
        }
        catch (ContractFormatException problem)
        {
            throw new PruneDiagnosticException(
                PruneDiagnostics.ContractUnreadable.At(path, new SourceSpan(problem.Line, problem.Column, 0, 0), path, problem.Message), problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.ContractUnreadable.In(path, path, problem.Message), problem);
        }
    }

    private static void WriteFailure(PruneRequest request, IReadOnlyList<PruneDiagnostic> diagnostics, TextWriter output)
    {
        var result = new PruneResult
        {
            Success = false,
            Name = request.Name ?? SpecName.Of(request.Spec),
            Summary = diagnostics.FirstOrDefault(diagnostic => diagnostic.IsError)?.Message ?? "not pruned",
            Diagnostics = diagnostics,
        };
        try
        {
            using var folder = new OutputFolder(request.Output);
            folder.Add(PruneRun.ResultFile, result.ToJson());
            folder.Commit();
        }
        catch (PruneDiagnosticException problem)
        {
            foreach (PruneDiagnostic diagnostic in problem.Diagnostics) output.WriteLine(diagnostic.ToString());
        }
    }
}
