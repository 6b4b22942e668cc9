using System.CommandLine;
using PruneTasks.Json;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Natives;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Cli;

/// <summary><c>evaluate</c>: compares two models on the data of a spec.</summary>
internal static class EvaluateCommand
{
    private static readonly Option<string> Model = new("--model") { Description = "The pruned ONNX model.", Required = true, HelpName = "a.onnx" };

    private static readonly Option<string> Against = new("--against") { Description = "The dense ONNX model that it is compared with.", Required = true, HelpName = "b.onnx" };

    private static readonly Option<string> SpecPath = new("--spec")
    {
        Description = "The spec whose data is used: its test data, or its personal data where it names no test data.",
        Required = true,
        HelpName = "file.prune.yaml",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON instead of a table; the fields are listed in docs/report.md." };

    private static readonly Option<bool> NoLatency = new("--no-latency") { Description = "Do not measure time." };

    private static readonly Option<int> Threads = new("--threads") { Description = "Threads for the comparison; 0 for all cores. Latency is always measured with one.", HelpName = "n" };

    private static readonly Option<string?> OnnxRuntime = new("--onnxruntime") { Description = "Folder of ONNX Runtime's native library; found in the NuGet folder by itself.", HelpName = "folder" };

    /// <summary>The command.</summary>
    public static Command Create(CommandContext context)
    {
        var command = new Command("evaluate", "Compares a pruned model with the dense one: agreement, KL, accuracy, size, MACs, latency.")
        {
            Model, Against, SpecPath, Json, NoLatency, Threads, OnnxRuntime,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(CommandGuard.Run(
            diagnostics =>
            {
                EvaluationResult result = Run(parsed, diagnostics, context.Error.WriteLine, cancellation);
                context.Output.Write(parsed.GetValue(Json) ? JsonWriter.Write(ToJson(result)) : ToTable(result));
            },
            parsed.GetValue(Model)!,
            context.Error)));
        return command;
    }

    private static EvaluationResult Run(ParseResult parsed, DiagnosticList diagnostics, Action<string> say, CancellationToken cancellation)
    {
        PruneSpec spec = SpecInput.ReadSpec(parsed.GetValue(SpecPath)!, diagnostics);
        ModelFile pruned = ModelFile.Read(parsed.GetValue(Model)!);
        ModelFile dense = ModelFile.Read(parsed.GetValue(Against)!);
        RequireSameInputs(pruned, dense);
        SpecInput input = SpecInput.Fit(spec, dense, diagnostics);
        (string set, DataSource source) = spec.Data switch
        {
            { Test: { } test } => ("test", test),
            { Personal: { } personal } => ("personal", personal),
            _ => throw new PruneDiagnosticException(PruneDiagnostics.NoCalibrationData.At(spec.File, spec.PlaceOf("data"))),
        };
        DataRequest request = input.Request(set, source);
        ISampleSource samples = DataLoader.Open(request);
        WorkerNatives.UseOnnxRuntime(parsed.GetValue(OnnxRuntime), say);
        ModelPair pair = new(dense, pruned) { States = input.Presents };
        KeptClasses? kept = input.Classes is null ? null : KeptClasses.Of(input, new CalibrationSet(request.Inputs, [.. samples.Read([]).Take(32)]), parsed.GetValue(Threads));
        ModelPair compared = kept is null ? pair : pair with { Dense = kept.Dense, Pruned = pruned.Classes == kept.Scores.Of ? KeptClasses.Restrict(pruned, kept.Scores) : pruned };
        IEnumerable<Sample> taken = source.Samples is { } limit ? samples.Read(diagnostics).Take(limit) : samples.Read(diagnostics);
        Comparison comparison = compared.Compare(spec.Task, input.Manifest.Labels?.Count ?? 0, request.Inputs, taken, parsed.GetValue(Threads), cancellation).LeavingOut(samples);
        Sample one = samples.Read([]).First();
        Latency? latency = parsed.GetValue(NoLatency) ? null : pair.Measure(one, cancellation);
        return new EvaluationResult(pruned.Path, dense.Path, set, source.Path.Written, ModelCosts.Of(pruned, one), ModelCosts.Of(dense, one), comparison, latency);
    }

    private static void RequireSameInputs(ModelFile pruned, ModelFile dense)
    {
        IReadOnlyList<ModelInput> a = ModelInput.Of(pruned.Model);
        IReadOnlyList<ModelInput> b = ModelInput.Of(dense.Model);
        if (!a.Select(input => (input.Name, input.Type)).SequenceEqual(b.Select(input => (input.Name, input.Type))))
        {
            throw new PruneDiagnosticException(PruneDiagnostics.InvalidGraph.In(
                pruned.Path, pruned.Path, $"its inputs ({Names(a)}) are not those of '{dense.Path}' ({Names(b)})"));
        }

        static string Names(IEnumerable<ModelInput> inputs) => string.Join(", ", inputs.Select(input => $"{input.Name}: {ModelInput.Describe(input.Type)}"));
    }

    private static JsonValue ToJson(EvaluationResult result)
    {
        Comparison comparison = result.Comparison;
        return JsonValue.Object(
            ("version", JsonValue.Of(1L)),
            ("model", JsonValue.Of(result.Model)),
            ("against", JsonValue.Of(result.Against)),
            ("data", JsonValue.Object(("set", JsonValue.Of(result.Set)), ("path", JsonValue.Of(result.Path)))),
            ("samples", JsonValue.Of((long)comparison.Samples)),
            ("agreement", EvaluationJson.Number(comparison.Agreement)),
            ("kl", EvaluationJson.Number(comparison.Kl)),
            ("top1", EvaluationJson.Top1(comparison, "model", "against")),
            ("outputs", EvaluationJson.Outputs(comparison)),
            ("bytes", Pair(result.Pruned.Bytes, result.Dense.Bytes)),
            ("parameters", Pair(result.Pruned.Parameters, result.Dense.Parameters)),
            ("macs", Pair(result.Pruned.Macs, result.Dense.Macs)),
            ("latency", EvaluationJson.Latency(result.Latency, "model", "against")),
            ("bound", EvaluationJson.Number(result.Bound)),
            ("remarks", JsonValue.Array(comparison.Remarks.Select(JsonValue.Of))));

        static JsonValue Pair(long model, long against) => JsonValue.Object(("model", JsonValue.Of(model)), ("against", JsonValue.Of(against)));
    }

    private static string ToTable(EvaluationResult result)
    {
        Comparison comparison = result.Comparison;
        var table = new TextTable("", "dense", "pruned", "change");
        table.Add("file size", Figures.Bytes(result.Dense.Bytes), Figures.Bytes(result.Pruned.Bytes), Figures.Change(result.Dense.Bytes, result.Pruned.Bytes));
        table.Add("parameters", Figures.Count(result.Dense.Parameters), Figures.Count(result.Pruned.Parameters), Figures.Change(result.Dense.Parameters, result.Pruned.Parameters));
        table.Add("MACs, batch 1", Figures.Count(result.Dense.Macs), Figures.Count(result.Pruned.Macs), Figures.Change(result.Dense.Macs, result.Pruned.Macs));
        if (result.Latency is { } latency)
        {
            table.Add("latency, median", Figures.Milliseconds(latency.Dense.Median), Figures.Milliseconds(latency.Pruned.Median), $"{Figures.Times(latency.Ratio)} faster, bound {Figures.Times(result.Bound)}");
            table.Add("latency, 90 %", Figures.Milliseconds(latency.Dense.P90), Figures.Milliseconds(latency.Pruned.P90), "");
        }
        if (comparison is { DenseTop1: { } dense, PrunedTop1: { } pruned }) table.Add("top-1 accuracy", Figures.Percent(dense), Figures.Percent(pruned), $"{comparison.Labelled} labelled");
        if (comparison.Agreement is { } agreement) table.Add("agreement", "", Figures.Percent(agreement), "");
        if (comparison.Kl is { } kl) table.Add("KL, nats", "", Figures.Small(kl), "");
        foreach (OutputDifference output in comparison.Outputs)
            table.Add($"'{output.Name}'", "", $"NMSE {(output.Nmse is { } nmse ? Figures.Small(nmse) : "-")}", $"at most {(output.MaxAbs is { } most ? Figures.Small(most) : "-")}");
        string notes = string.Concat(comparison.Remarks.Select(remark => $"Note: {remark}.\n"));
        return $"{comparison.Samples} samples of data.{result.Set} ({result.Path})\n{table}{notes}";
    }

    private sealed record EvaluationResult(
        string Model, string Against, string Set, string Path, ModelFacts Pruned, ModelFacts Dense, Comparison Comparison, Latency? Latency)
    {
        public double Bound => Dense.Macs > 0 && Pruned.Macs > 0 ? (double)Dense.Macs / Pruned.Macs : 1;
    }
}
