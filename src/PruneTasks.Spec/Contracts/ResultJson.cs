using PruneTasks.Json;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Contracts;

/// <summary>Result to JSON and back.</summary>
internal static class ResultJson
{
    public static string Write(PruneResult result) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(result.Version)),
        ("success", JsonValue.Of(result.Success)),
        ("name", JsonValue.Of(result.Name)),
        ("files", result.Files is { } files
            ? JsonValue.Object(
                ("model", JsonValue.Of(files.Model)),
                ("data", JsonValue.Of(files.Data)),
                ("manifest", JsonValue.Of(files.Manifest)),
                ("report", JsonValue.Of(files.Report)),
                ("html", JsonValue.Of(files.Html)))
            : JsonValue.Null),
        ("modelSha256", JsonValue.Of(result.ModelSha256)),
        ("modelBytes", Number(result.ModelBytes)),
        ("dataSha256", JsonValue.Of(result.DataSha256)),
        ("dataBytes", Number(result.DataBytes)),
        ("dense", Cost(result.Dense)),
        ("pruned", Cost(result.Pruned)),
        ("agreement", Number(result.Agreement)),
        ("kl", Number(result.Kl)),
        ("summary", JsonValue.Of(result.Summary)),
        ("diagnostics", JsonValue.Array(result.Diagnostics.Select(Diagnostic)))));

    public static PruneResult Read(JsonValue root) => new()
    {
        Version = root.RequireVersion(1),
        Success = root.RequireBool("success"),
        Name = root.RequireString("name"),
        Files = root.FindObject("files") is { } files
            ? new ResultFiles(files.RequireString("model"), files.RequireString("manifest"), files.RequireString("report"), files.RequireString("html")) { Data = files.FindString("data") }
            : null,
        ModelSha256 = root.FindString("modelSha256"),
        ModelBytes = Whole(root, "modelBytes"),
        DataSha256 = root.FindString("dataSha256"),
        DataBytes = Whole(root, "dataBytes"),
        Dense = Cost(root, "dense"),
        Pruned = Cost(root, "pruned"),
        Agreement = Number(root, "agreement"),
        Kl = Number(root, "kl"),
        Summary = root.RequireString("summary"),
        Diagnostics = [.. root.RequireArray("diagnostics").Items.Select(Diagnostic)],
    };

    private static JsonValue Number(double? number) => number is { } value ? JsonValue.Of(value) : JsonValue.Null;

    private static JsonValue Number(long? number) => number is { } value ? JsonValue.Of(value) : JsonValue.Null;

    private static long? Whole(JsonValue root, string name) => root.Find(name) is { Kind: not JsonKind.Null } ? root.RequireLong(name) : null;

    private static double? Number(JsonValue root, string name) =>
        root.Find(name) is { Kind: not JsonKind.Null } member ? member.AsDouble(name) : null;

    private static JsonValue Cost(ModelCost? cost) => cost is null ? JsonValue.Null : JsonValue.Object(
        ("bytes", JsonValue.Of(cost.Bytes)),
        ("parameters", JsonValue.Of(cost.Parameters)),
        ("macs", JsonValue.Of(cost.Macs)));

    private static ModelCost? Cost(JsonValue root, string name) => root.FindObject(name) is { } cost
        ? new ModelCost(cost.RequireLong("bytes"), cost.RequireLong("parameters"), cost.RequireLong("macs"))
        : null;

    private static JsonValue Diagnostic(PruneDiagnostic diagnostic) => JsonValue.Object(
        ("id", JsonValue.Of(diagnostic.Id)),
        ("severity", JsonValue.Of(diagnostic.Severity.ToWord())),
        ("file", JsonValue.Of(diagnostic.File)),
        ("line", JsonValue.Of(diagnostic.Line)),
        ("column", JsonValue.Of(diagnostic.Column)),
        ("endLine", JsonValue.Of(diagnostic.EndLine)),
        ("endColumn", JsonValue.Of(diagnostic.EndColumn)),
        ("message", JsonValue.Of(diagnostic.Message)));

    private static PruneDiagnostic Diagnostic(JsonValue value)
    {
        string id = value.RequireString("id");
        PruneSeverity severity = PruneSeverityWords.FromWord(value.RequireString("severity"))
            ?? throw value.Require("severity").Error($"\"{value.RequireString("severity")}\" is no severity");

        // The worker may have reported with another severity than the table's, or know an id that the task does not.
        PruneDiagnosticDescriptor row = PruneDiagnostics.Find(id) ?? new PruneDiagnosticDescriptor(id, severity, id, "{0}");
        return new PruneDiagnostic(
            row.Severity == severity ? row : row with { Severity = severity },
            value.FindString("file"),
            value.RequireInt("line"),
            value.RequireInt("column"),
            value.RequireInt("endLine"),
            value.RequireInt("endColumn"),
            value.RequireString("message"));
    }
}
