using System.CommandLine;
using PruneTasks.Spec.Contracts;

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

    private static readonly Option<bool> Json = new("--json") { Description = "Print result.json instead of a line; diagnostics then go to standard error." };

    /// <summary>The command.</summary>
    public static Command Create(CommandContext context)
    {
        var command = new Command("prune", "Prunes a model with the data of its spec.") { SpecPath, Output, Request, Model, Threads, LibTorch, OnnxRuntime, Json };
        command.Validators.Add(result =>
        {
            bool request = result.GetValue(Request) is not null;
            bool others = new Option[] { SpecPath, Output, Model, Threads, LibTorch, OnnxRuntime, Json }.Any(option => result.GetResult(option) is { Implicit: false });
            if (request && others) result.AddError("--request stands alone: everything is in the file.");
            else if (!request && (result.GetValue(SpecPath) is null || result.GetValue(Output) is null)) result.AddError("prune needs --spec and --output, or --request.");
            if (result.GetValue(Threads) < 0) result.AddError("--threads must be 0 or more.");
        });
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, context, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CommandContext context, CancellationToken cancellation) => parsed.GetValue(Request) is { } file
        ? RequestRun.FromBuild(file, context, cancellation)
        : RequestRun.ByHand(
            new PruneRequest
            {
                Spec = parsed.GetValue(SpecPath)!,
                Output = parsed.GetValue(Output)!,
                // Given by hand, it is relative to where the command runs, not to the spec.
                Model = parsed.GetValue(Model) is { } model ? Path.GetFullPath(model) : null,
                Threads = parsed.GetValue(Threads),
                LibTorch = parsed.GetValue(LibTorch),
                OnnxRuntime = parsed.GetValue(OnnxRuntime),
            },
            context,
            parsed.GetValue(Json),
            cancellation);
}
