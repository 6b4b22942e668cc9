using System.ComponentModel;
using System.Text.Json;

namespace PruneTasks.Runtime;

/// <summary>Completes a model's card by what the build measured, which is embedded beside the model.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CardReader
{
    /// <summary>What the resource's name has behind that of the model.</summary>
    public const string Suffix = ".card.json";

    /// <summary>The card with its pruning facts, if they are embedded.</summary>
    /// <param name="owner">The generated class; its assembly holds the resource.</param>
    /// <param name="resource">Logical name of the model's resource.</param>
    /// <param name="card">What is known when the class is generated.</param>
    public static ModelCard Complete(Type owner, string resource, ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(owner);
        using Stream? stream = owner.Assembly.GetManifestResourceStream(resource + Suffix);
        return stream is null ? card : card with { Pruning = Read(stream) };
    }

    private static PruningFacts? Read(Stream stream)
    {
        using JsonDocument document = JsonDocument.Parse(stream);
        JsonElement root = document.RootElement;
        return new PruningFacts
        {
            DenseSha256 = Text(root, "denseSha256"),
            PrunedSha256 = Text(root, "prunedSha256") ?? "",
            Dense = Size(root.GetProperty("dense")),
            Pruned = Size(root.GetProperty("pruned")),
            Agreement = Number(root, "agreement"),
            Kl = Number(root, "kl"),
        };
    }

    private static ModelSize Size(JsonElement size) =>
        new(size.GetProperty("bytes").GetInt64(), size.GetProperty("parameters").GetInt64(), size.GetProperty("macs").GetInt64());

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
