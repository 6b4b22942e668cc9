using System.Globalization;
using PruneTasks.Records;
using PruneTasks.Tasks.Common;

namespace PruneTasks.Tasks.Stamps;

/// <summary>Says that a pruned model is the result of these inputs. Written last; without it, nothing in the folder counts.</summary>
/// <param name="Content">Content hash of the inputs.</param>
/// <param name="State">State of the inputs when the content was last found equal.</param>
/// <param name="Output">SHA-256 of the pruned model.</param>
/// <param name="OutputState">State of the pruned model's file.</param>
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

    /// <summary>State of a pruned model's file; null if it is missing.</summary>
    public static string? StateOf(string prunedModel)
    {
        var file = new FileInfo(prunedModel);
        return file.Exists
            ? string.Format(CultureInfo.InvariantCulture, "{0}|{1}", file.Length, file.LastWriteTimeUtc.Ticks)
            : null;
    }
}
