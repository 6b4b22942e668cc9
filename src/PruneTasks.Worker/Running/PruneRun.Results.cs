using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Output;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Running;

/// <content>What a run leaves: all files together, and the line that sums it up.</content>
internal sealed partial class PruneRun
{
    private PruneResult Write(PruneRequest request, SpecInput input, PrunedModel model, PruneReport report, IEnumerable<PruneDiagnostic> diagnostics)
    {
        string name = input.Spec.Name;
        string folder = Path.GetFullPath(request.Output);
        var files = new ResultFiles(
            Path.Combine(folder, $"{name}.pruned.onnx"), Path.Combine(folder, $"{name}.manifest.json"), Path.Combine(folder, "report.json"), Path.Combine(folder, "report.html"))
        {
            Data = model.Data is null ? null : Path.Combine(folder, $"{name}.pruned.onnx{ResultFiles.DataSuffix}"),
        };
        Comparison check = report.Evaluations[0].Result;
        var result = new PruneResult
        {
            Success = true,
            Name = name,
            Files = files,
            ModelSha256 = report.Pruned.Sha256,
            ModelBytes = model.ModelBytes,
            DataSha256 = model.Data?.Sha256,
            DataBytes = model.Data?.Bytes,
            Dense = new ModelCost(report.Dense.Bytes, report.Dense.Parameters, report.Dense.Macs),
            Pruned = new ModelCost(report.Pruned.Bytes, report.Pruned.Parameters, report.Pruned.Macs),
            Agreement = check.Agreement,
            Kl = check.Kl,
            Summary = Summary(report),
            Diagnostics = [.. diagnostics],
        };
        using var output = new OutputFolder(folder);
        model.AddTo(output);
        output.Add(Path.GetFileName(files.Manifest), input.Manifest.ToJson());
        output.Add(Path.GetFileName(files.Report), JsonReport.Write(report));
        output.Add(Path.GetFileName(files.Html), HtmlReport.Write(report));
        output.Add(ResultFile, result.ToJson());
        output.Commit();
        return result;
    }

    private static string Summary(PruneReport report)
    {
        Comparison check = report.Evaluations[0].Result;
        string agreement = check.Agreement is { } share ? $", agreement {Figures.Percent(share)}" : "";
        string kl = check.Kl is { } value ? $", KL {Figures.Small(value)}" : "";
        return $"{report.Name}: {Figures.Bytes(report.Dense.Bytes)} → {Figures.Bytes(report.Pruned.Bytes)}, "
            // Layers in bodies are not counted.
            + $"MACs {(report.Dense.Macs > 0 ? Figures.Change(report.Dense.Macs, report.Pruned.Macs) : "not counted")}{agreement}{kl}, {Figures.Seconds(report.Stages.Sum(stage => stage.Seconds))}";
    }
}
