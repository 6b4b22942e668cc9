using System.CommandLine;
using PruneTasks.Json;
using PruneTasks.Worker.Explaining;

namespace PruneTasks.Worker.Cli;

/// <summary><c>explain</c>: why a layer was kept or cut. Reads the report of a build; needs no native library.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string> Layer = new("layer") { Description = "A layer's name as in the report, a part of it, a kind of unit as 'ffn', or a block as 'block 3'." };

    private static readonly Option<string?> Report = new("--report")
    {
        Description = "The report.json, or the folder that holds it; by default the only one below obj/prunetasks of the current folder.",
        HelpName = "report.json",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON instead of text; the fields are listed in docs/report.md." };

    /// <summary>The command.</summary>
    public static Command Create(CommandContext context)
    {
        var command = new Command("explain", "Tells why a layer was kept or cut: its width, price curve, partition, and what was refused.") { Layer, Report, Json };
        command.SetAction(parsed => CommandGuard.Run(
            _ =>
            {
                string file = ReportFile.Find(parsed.GetValue(Report), Directory.GetCurrentDirectory());
                LayerExplanation explanation = Explain(file, parsed.GetValue(Layer)!);
                context.Output.Write(parsed.GetValue(Json) ? ExplanationText.WriteJson(explanation) : ExplanationText.Write(explanation));
            },
            parsed.GetValue(Layer)!,
            context.Error));
        return command;
    }

    private static LayerExplanation Explain(string file, string layer)
    {
        try
        {
            return LayerExplainer.Explain(file, ReportFile.Read(file), layer);
        }
        catch (JsonReadException problem)
        {
            throw ReportFile.Unreadable(file, problem);
        }
    }
}
