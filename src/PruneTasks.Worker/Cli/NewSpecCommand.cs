using System.CommandLine;
using PruneTasks.Json;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Drafting;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Inspection;

namespace PruneTasks.Worker.Cli;

/// <summary><c>new-spec</c>: writes a spec to begin with. Needs no native library.</summary>
internal static class NewSpecCommand
{
    private static readonly Argument<string> Model = new("model.onnx") { Description = "The ONNX model." };

    private static readonly Option<string?> Output = new("--output") { Description = "The spec to write; by default beside the model, under its stem.", HelpName = "file.prune.yaml" };

    private static readonly Option<bool> Print = new("--print") { Description = "Print the spec and write no file." };

    private static readonly Option<bool> Force = new("--force") { Description = "Replace a file that exists." };

    private static readonly Option<bool> Json = new("--json") { Description = "Print what was written and what was guessed as JSON; the fields are listed in docs/report.md." };

    /// <summary>The command.</summary>
    public static Command Create(CommandContext context)
    {
        var command = new Command("new-spec", "Writes a commented spec from a model's signature: task, image or text section, data to fill in, budget.") { Model, Output, Print, Force, Json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Print) && result.GetValue(Json)) result.AddError("--print and --json exclude each other.");
        });
        command.SetAction(parsed => CommandGuard.Run(_ => Run(parsed, context), parsed.GetValue(Model)!, context.Error));
        return command;
    }

    private static void Run(ParseResult parsed, CommandContext context)
    {
        string model = parsed.GetValue(Model)!;
        ModelFile file = ModelFile.Read(model);
        string spec = Path.GetFullPath(parsed.GetValue(Output) ?? Path.ChangeExtension(model, ".prune.yaml"));
        ModelGuess guess = ModelGuess.Of(DecoderCaches.LeaveOut(file).Model);
        string relative = Path.GetRelativePath(Path.GetDirectoryName(spec)!, Path.GetFullPath(model)).Replace('\\', '/');
        (string File, string? Problem)? tokenizer = guess.Tokens is null ? null : Tokenizer(Path.GetFullPath(model), Path.GetDirectoryName(spec)!);
        string text = SpecDraft.Write(ModelInspection.Of(file), guess, relative, Path.GetFileName(spec), tokenizer, Schema(Path.GetDirectoryName(spec)!));
        if (parsed.GetValue(Print))
        {
            context.Output.Write(text);
            return;
        }
        Write(spec, text, parsed.GetValue(Force));
        context.Output.Write(parsed.GetValue(Json) ? ToJson(spec, model, guess, tokenizer) : $"{spec}: task {guess.Task.ToWord()} ({guess.Why}). Go through its lines marked TODO.\n");
    }

    private static (string File, string? Problem)? Tokenizer(string model, string specFolder)
    {
        string folder = Path.GetDirectoryName(model)!;
        (string? name, string? problem) = SpecChecks.FindTokenizer(folder);
        return name is null ? null : (Path.GetRelativePath(specFolder, Path.Combine(folder, name)).Replace('\\', '/'), problem);
    }

    // Of the project whose folder the spec lies in.
    private static string? Schema(string folder)
    {
        try
        {
            for (string? above = folder; above is not null; above = Path.GetDirectoryName(above))
            {
                if (Directory.Exists(above) && Directory.EnumerateFiles(above, "*.*proj").Any())
                    return Path.GetRelativePath(folder, Path.Combine(above, "obj", "prunetasks", "prune.schema.json")).Replace('\\', '/');
            }
        }
        catch (UnauthorizedAccessException)
        {
            // Nobody's project is in a folder that may not be looked into.
        }
        return null;
    }

    private static void Write(string path, string text, bool force)
    {
        if (!force && File.Exists(path)) throw new CommandLineException($"'{path}' exists; --force replaces it, --output names another");
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.OutputNotWritable.In(null, path, problem.Message), problem);
        }
    }

    private static string ToJson(string spec, string model, ModelGuess guess, (string File, string? Problem)? tokenizer) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(1L)),
        ("spec", JsonValue.Of(spec)),
        ("model", JsonValue.Of(model)),
        ("task", JsonValue.Of(guess.Task.ToWord())),
        ("why", JsonValue.Of(guess.Why)),
        ("classes", guess.Classes is { } classes ? JsonValue.Of(classes) : JsonValue.Null),
        ("image", guess.Image is { } image
            ? JsonValue.Object(
                ("layout", JsonValue.Of(image.Layout)),
                ("channels", JsonValue.Of((long)image.Channels)),
                ("height", image.Height is { } height ? JsonValue.Of(height) : JsonValue.Null),
                ("width", image.Width is { } width ? JsonValue.Of(width) : JsonValue.Null))
            : JsonValue.Null),
        ("tokenizer", JsonValue.Of(tokenizer?.File)),
        ("tokenizerProblem", JsonValue.Of(tokenizer?.Problem))));
}
