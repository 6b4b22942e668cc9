using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Models;

/// <summary>How a file fared.</summary>
internal enum Fate
{
    /// <summary>Units were removed, or work that changes no result, and the outcome was verified.</summary>
    Pruned,

    /// <summary>It was left as it is, with the reason.</summary>
    Dense,

    /// <summary>It was refused, with an id and the reason.</summary>
    Refused,

    /// <summary>Anything else; there should be none.</summary>
    Failed,
}

/// <summary>One line of the table.</summary>
/// <param name="File">Path below the folder.</param>
/// <param name="Fate">How it fared.</param>
/// <param name="Remark">Reason, or what else to know.</param>
internal sealed partial record ModelRow(string File, Fate Fate, string Remark)
{
    /// <summary>Opset and producer.</summary>
    public string Origin { get; init; } = "";

    /// <summary>What it was calibrated on.</summary>
    public string Data { get; init; } = "";

    /// <summary>Sites and units by kind.</summary>
    public string Units { get; init; } = "";

    /// <summary>Share of MACs that went.</summary>
    public string Macs { get; init; } = "";

    /// <summary>Share of parameters that went.</summary>
    public string Parameters { get; init; } = "";

    /// <summary>Agreement, or how far the outputs move.</summary>
    public string Quality { get; init; } = "";

    /// <summary>Largest difference between the gated and the removed model.</summary>
    public string Exact { get; init; } = "";

    /// <summary>Size before and after.</summary>
    public string Bytes { get; init; } = "";

    /// <summary>Dense time / pruned time in ONNX Runtime.</summary>
    public string Faster { get; init; } = "";

    /// <summary>Whether a second run gave the same bytes.</summary>
    public string Same { get; init; } = "";

    /// <summary>Seconds of the worker.</summary>
    public string Seconds { get; init; } = "";

    /// <summary>The head of the table.</summary>
    public static string[] Columns { get; } =
        ["file", "opset, producer", "calibrated on", "sites: units", "MACs", "parameters", "answers", "removed = gated", "bytes", "times faster", "same bytes again", "seconds", "outcome"];

    /// <summary>Cells in the order of <see cref="Columns"/>.</summary>
    public string[] Cells =>
    [
        .. new[] { File, Origin, Data, Units, Macs, Parameters, Quality, Exact, Bytes, Faster, Same, Seconds, $"{Fate.ToString().ToLowerInvariant()}{(Remark.Length > 0 ? ": " : "")}{Remark}" }
            .Select(cell => cell.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal)),
    ];

    /// <summary>The row of a run that wrote a report.</summary>
    public ModelRow With(PruneOutput output)
    {
        JsonElement report = output.Report;
        (string Kind, int Dense, int Kept)[] sites =
            [.. report.GetProperty("sites").EnumerateArray().Select(s => (s.GetProperty("kind").GetString()!, s.GetProperty("dense").GetInt32(), s.GetProperty("kept").GetInt32()))];
        bool removed = sites.Any(s => s.Kept < s.Dense) && output.Count("pruned", "macs") < output.Count("dense", "macs");
        bool exact = !removed && output.Count("pruned", "macs") < output.Count("dense", "macs");
        string[] warnings = [.. report.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!)];
        string remark = removed
            ? string.Join("; ", warnings.Where(w => w.StartsWith("PRUNE0402", StringComparison.Ordinal) || w.StartsWith("PRUNE0422", StringComparison.Ordinal)))
            : exact ? "what changes no result is enough for the budget"
            : warnings.FirstOrDefault(w => w.StartsWith("PRUNE0408", StringComparison.Ordinal)) ?? string.Join("; ", warnings.DefaultIfEmpty("nothing was removed"));
        return this with
        {
            Fate = removed || exact ? Fate.Pruned : Fate.Dense,
            Remark = Short(remark),
            Units = string.Join(", ", sites.GroupBy(s => s.Kind).Select(g => Text($"{g.Key} {g.Count()}: {g.Sum(s => s.Dense)} → {g.Sum(s => s.Kept)}"))),
            Macs = Change("macs"),
            Parameters = Change("parameters"),
            Quality = Answers(report),
            Exact = report.GetProperty("maskedDifference") is { ValueKind: JsonValueKind.Number } number ? Text($"{number.GetDouble():G2}") : "",
            Bytes = Text($"{output.Count("dense", "bytes")} → {output.Count("pruned", "bytes")}"),
            Faster = report.GetProperty("latency") is { ValueKind: JsonValueKind.Object } latency ? Text($"{latency.GetProperty("ratio").GetDouble():F2}") : "",
        };

        // A model whose shapes are not known has no count.
        string Change(string what) => output.Count("dense", what) == 0 ? "" : Text($"−{1 - ((double)output.Count("pruned", what) / Math.Max(1, output.Count("dense", what))):P1}").Replace("−-", "+", StringComparison.Ordinal);
    }

    /// <summary>The row of a run that wrote none: its first error with an id.</summary>
    /// <param name="run">The run.</param>
    /// <param name="noInputs">Why no inputs could be made, where none could: that is the reason then, and what the worker says follows from it.</param>
    public ModelRow Refuse(WorkerRun run, string? noInputs)
    {
        Match[] errors = [.. (run.Output + run.Error).Split('\n').Select(line => ErrorPattern().Match(line)).Where(m => m.Success)];
        if (errors.FirstOrDefault() is not { } error) return this with { Fate = Fate.Failed, Remark = Short($"exit code {run.ExitCode}: {(run.Error + run.Output).Trim()}") };
        string id = error.Groups[1].Value;
        // An internal error, or a check that the removal itself failed, is ours and not the file's.
        return this with { Fate = id is "PRUNE0901" or "PRUNE0410" || run.ExitCode != 1 ? Fate.Failed : Fate.Refused, Remark = Short($"{id}: {noInputs ?? error.Groups[2].Value}") };
    }

    /// <summary>Agreement where the model gives scores; for everything, how far the worst output moves.</summary>
    private static string Answers(JsonElement report)
    {
        JsonElement evaluation = report.GetProperty("evaluation").EnumerateArray().Last();
        List<string> parts = [];
        if (evaluation.GetProperty("agreement") is { ValueKind: JsonValueKind.Number } agreement) parts.Add(Text($"agreement {agreement.GetDouble():P1}"));
        if (evaluation.GetProperty("top1") is { ValueKind: JsonValueKind.Object } top1) parts.Add(Text($"top-1 {top1.GetProperty("dense").GetDouble():P1} → {top1.GetProperty("pruned").GetDouble():P1}"));
        double[] errors = [.. evaluation.GetProperty("outputs").EnumerateArray().Select(o => o.GetProperty("nmse")).Where(n => n.ValueKind == JsonValueKind.Number).Select(n => Math.Sqrt(Math.Max(0, n.GetDouble())))];
        if (errors.Length > 0) parts.Add(Text($"error {errors.Max():P1}"));
        if (parts.Count > 0) parts.Add(Text($"{evaluation.GetProperty("samples").GetInt32()} {evaluation.GetProperty("set").GetString()}"));
        return string.Join(", ", parts);
    }

    private static string Short(string text) => text.Length <= 300 ? text : text[..300] + "…";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\berror (PRUNE\d{4}): (.*)$")]
    private static partial Regex ErrorPattern();
}
