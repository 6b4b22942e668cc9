using PruneTasks.Json;

namespace PruneTasks.Spec.Contracts;

/// <summary>A file of a model beside the app.</summary>
/// <param name="Path">Its path below the app's folder, with <c>/</c>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hexadecimal.</param>
public sealed record DeployedFile(string Path, long Bytes, string Sha256);

/// <summary>What is embedded beside a model, or in its place. Read by PruneTasks.Runtime (CardReader, ModelFiles), which shares no code with this.</summary>
public static class DeployJson
{
    /// <summary>The files of a model that lies beside the app, the model first.</summary>
    public static string Files(IEnumerable<DeployedFile> files) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(1)),
        ("files", JsonValue.Array(files.Select(file => JsonValue.Object(
            ("path", JsonValue.Of(file.Path)),
            ("bytes", JsonValue.Of(file.Bytes)),
            ("sha256", JsonValue.Of(file.Sha256))))))));

    /// <summary>What pruning did, without paths: the same for everybody who builds this. Null for a result that does not say it.</summary>
    public static string? Card(PruneResult result, string denseSha256) => result is { Dense: { } dense, Pruned: { } pruned, ModelSha256: { } sha256 }
        ? JsonWriter.Write(JsonValue.Object(
            ("version", JsonValue.Of(1)),
            ("denseSha256", JsonValue.Of(denseSha256)),
            ("prunedSha256", JsonValue.Of(sha256)),
            ("dense", Cost(dense)),
            ("pruned", Cost(pruned)),
            ("agreement", Optional(result.Agreement)),
            ("kl", Optional(result.Kl))))
        : null;

    private static JsonValue Cost(ModelCost cost) => JsonValue.Object(
        ("bytes", JsonValue.Of(cost.Bytes)),
        ("parameters", JsonValue.Of(cost.Parameters)),
        ("macs", JsonValue.Of(cost.Macs)));

    private static JsonValue Optional(double? number) => number is { } value ? JsonValue.Of(value) : JsonValue.Null;
}
