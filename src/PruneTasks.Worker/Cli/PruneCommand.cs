using System.CommandLine;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Output;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Progress;
using PruneTasks.Worker.Running;

namespace PruneTasks.Worker.Cli;

/// <summary><c>prune</c>: prunes one model and writes it with its manifest and reports.</summary>
internal static class PruneCommand
{
    private static readonly Option<string?> SpecPath = new("--spec") { Description = "The spec.", HelpName = "file.prune.yaml" };

    private static readonly Option<string?> Output = new("--output") { Description = "Folder for the pruned model, its manifest and the reports.", HelpName = "folder" };

    private static readonly Option<string?> Request = new("--request") { Description = "A request.json, as the build writes it; in place of the other options.", HelpName = "request.json" };

    private static readonly Option<string?> Model = new("--model") { Description = "The ONNX model; by default the one that the spec names.", HelpName = "model.onnx" };

    private static readonly Option<int> Threads = new("--threads") { Description = "Threads; 0 for all cores.", HelpName = "n" };

    private static readonly Option<string?> LibTorch = new("--libtorch") { Description = "Folder of libtorch's native libraries; found in the NuGet folder by itself.", HelpName = "folder" };

    private static readonly Option<string?> OnnxRuntime = new("--onnxruntime") { Description = "Folder of ONNX Runtime's native library; found in the NuGet folder by itself.", HelpName = "folder" };

    /// <summary>The command.</summary>
    public static Command Create(CommandContext context)
    {
        var command = new Command("prune", "Prunes a model with the data of its spec.") { SpecPath, Output, Request, Model, Threads, LibTorch, OnnxRuntime };
        command.Validators.Add(result =>
        {
            bool request = result.GetValue(Request) is not null;
            bool others = new Option[] { SpecPath, Output, Model, Threads, LibTorch, OnnxRuntime }.Any(option => result.GetResult(option) is { Implicit: false });
            if (request && others) result.AddError("--request stands alone: everything is in the file.");
            else if (!request && (result.GetValue(SpecPath) is null || result.GetValue(Output) is null)) result.AddError("prune needs --spec and --output, or --request.");
            if (result.GetValue(Threads) < 0) result.AddError("--threads must be 0 or more.");
        });
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, context, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CommandContext context, CancellationToken cancellation)
    {
        if (parsed.GetValue(Request) is not null || context.Terminal() is not { } width) return Run(parsed, context, new LineProgress(context.Error.WriteLine), context.Output, cancellation);
        using TerminalProgress progress = new(context.Error, width);
        return Run(parsed, context, progress, new WriterAboveProgress(context.Output, progress), cancellation);
    }

    private static int Run(ParseResult parsed, CommandContext context, IRunProgress progress, TextWriter output, CancellationToken cancellation)
    {
        string what = parsed.GetValue(Request) ?? parsed.GetValue(SpecPath)!;
        PruneRequest? request = null;
        return WorkerCommandLine.Guard(
            diagnostics =>
            {
                request = ReadRequest(parsed);
                PruneResult result = new PruneRun(context.Pipeline ?? new PrunePipeline(), progress).Run(request, diagnostics, cancellation);
                output.WriteLine(result.Summary);
            },
            what,
            output,
            // Only a build reads the outcome of a failed run; by hand, a failed run leaves the folder as it is.
            diagnostics =>
            {
                if (request is not null && parsed.GetValue(Request) is not null) WriteFailure(request, diagnostics, output);
            });
    }

    private static PruneRequest ReadRequest(ParseResult parsed)
    {
        if (parsed.GetValue(Request) is not { } path)
        {
            return new PruneRequest
            {
                Spec = parsed.GetValue(SpecPath)!,
                Output = parsed.GetValue(Output)!,
                // Given by hand, it is relative to where the command runs, not to the spec.
                Model = parsed.GetValue(Model) is { } model ? Path.GetFullPath(model) : null,
                Threads = parsed.GetValue(Threads),
                LibTorch = parsed.GetValue(LibTorch),
                OnnxRuntime = parsed.GetValue(OnnxRuntime),
            };
        }
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
