using System.Globalization;
using PruneTasks.Records;
using PruneTasks.Spec.Contracts;
using PruneTasks.Tasks.Common;

namespace PruneTasks.Tasks.Stamps;

/// <summary>Says that a pruned model is the result of these inputs. Written last; without it, nothing in the folder counts.</summary>
/// <param name="Content">Content hash of the inputs.</param>
/// <param name="State">State of the inputs when the content was last found equal.</param>
/// <param name="Output">SHA-256 of the pruned model; see <see cref="OutputOf(string)"/>.</param>
/// <param name="OutputState">State of the pruned model's files.</param>
internal sealed record PruneStamp(string Content, string State, string Output, string OutputState)
{
    /// <summary>What the worker took; null if the result came from the cache. Says what the next run may take.</summary>
    public int? Seconds { get; init; }

    private const string Heading = "prunetasks-stamp 1";

    /// <summary>Reads a stamp; null if there is none.</summary>
    public static PruneStamp? Read(string path) =>
        RecordText.Read(path, Heading) is { } text
        && text.Find("content") is { } content && text.Find("state") is { } state
        && text.Find("output") is { } output && text.Find("output-state") is { } outputState
            ? new PruneStamp(content, state, output, outputState) { Seconds = int.TryParse(text.Find("seconds"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : null }
            : null;

    /// <summary>Writes the stamp.</summary>
    public void Write(string path) =>
        AtomicFile.WriteIfDifferent(path, new RecordText()
            .Add("content", Content).Add("state", State).Add("output", Output).Add("output-state", OutputState)
            .Add("seconds", Seconds?.ToString(CultureInfo.InvariantCulture))
            .Write(Heading));

    /// <summary>SHA-256 of a pruned model, and of the weights that lie beside it where there are such.</summary>
    public static string OutputOf(string prunedModel)
    {
        string data = prunedModel + ResultFiles.DataSuffix;
        return OutputOf(Sha256.OfFile(prunedModel), File.Exists(data) ? Sha256.OfFile(data) : null);
    }

    /// <summary>As <see cref="OutputOf(string)"/>, from hashes that are known.</summary>
    public static string OutputOf(string model, string? data) => data is null ? model : model + " " + data;

    /// <summary>State of a pruned model's file, and of the weights beside it; null if the model is missing.</summary>
    public static string? StateOf(string prunedModel) =>
        One(prunedModel) is not { } model ? null : One(prunedModel + ResultFiles.DataSuffix) is { } data ? model + "|" + data : model;

    private static string? One(string path)
    {
        var file = new FileInfo(path);
        return file.Exists
            ? string.Format(CultureInfo.InvariantCulture, "{0}|{1}", file.Length, file.LastWriteTimeUtc.Ticks)
            : null;
    }
}
