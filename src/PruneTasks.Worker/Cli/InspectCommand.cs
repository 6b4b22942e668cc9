using System.CommandLine;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Inspection;

namespace PruneTasks.Worker.Cli;

/// <summary><c>inspect</c>: what is in a model, and what of it can be pruned. Needs no native library.</summary>
internal static class InspectCommand
{
    private static readonly Argument<string> Model = new("model.onnx") { Description = "The ONNX model." };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON instead of text; the fields are listed in docs/report.md." };

    /// <summary>The command.</summary>
    public static Command Create(CommandContext context)
    {
        var command = new Command("inspect", "Shows what is in a model: opset, inputs, outputs, cost, units that can be pruned, barriers with their reasons.") { Model, Json };
        command.SetAction(parsed => CommandGuard.Run(
            _ =>
            {
                ModelInspection inspection = ModelInspection.Of(ModelFile.Read(parsed.GetValue(Model)!));
                context.Output.Write(parsed.GetValue(Json) ? InspectionText.WriteJson(inspection) : InspectionText.Write(inspection));
            },
            parsed.GetValue(Model)!,
            context.Error));
        return command;
    }
}
