using System.Globalization;
using PruneTasks.Records;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Embedding;

/// <summary>A file of a model beside the app.</summary>
/// <param name="Source">Where it is now.</param>
/// <param name="Target">Its path below the app's folder, with <c>/</c>.</param>
internal sealed record BesideFile(string Source, string Target);

/// <summary>How one model gets into the app. Kept in the model's folder, so that a build with nothing to do reads no more than this.</summary>
/// <param name="State">State of everything that this follows from.</param>
/// <param name="Resources">Files to embed, with what their names have behind that of the model's resource.</param>
/// <param name="Beside">Files beside the app.</param>
/// <param name="Note">What the user shall know, or null.</param>
internal sealed record EmbedPlan(string State, IReadOnlyList<(string File, string Suffix)> Resources, IReadOnlyList<BesideFile> Beside, string? Note)
{
    private const string Heading = "prunetasks-embed 1";

    /// <summary>Suffix of a compressed model; the runtime's EmbeddedModel knows it.</summary>
    public const string CompressedSuffix = ".br";

    /// <summary>Suffix of the resource that names the files beside the app; likewise.</summary>
    public const string PointerSuffix = ".files.json";

    /// <summary>Suffix of the card; the runtime's CardReader knows it.</summary>
    public const string CardSuffix = ".card.json";

    /// <summary>The plan of an earlier build, if it still holds.</summary>
    public static EmbedPlan? Read(ModelFolder folder, string state)
    {
        if (RecordText.Read(folder.Embedding, Heading) is not { } text || text.Find("state") != state)
            return null;
        var plan = new EmbedPlan(
            state,
            [.. text.All("resource").Zip(text.All("suffix"), (file, suffix) => (file, suffix))],
            [.. text.All("beside").Zip(text.All("target"), (source, target) => new BesideFile(source, target))],
            text.Find("note"));
        return plan.Resources.All(resource => File.Exists(resource.File)) && plan.Beside.All(file => File.Exists(file.Source)) ? plan : null;
    }

    /// <summary>Keeps the plan.</summary>
    public void Write(ModelFolder folder)
    {
        RecordText text = new RecordText().Add("state", State).Add("note", Note);
        foreach ((string file, string suffix) in Resources)
            text.Add("resource", file).Add("suffix", suffix);
        foreach (BesideFile file in Beside)
            text.Add("beside", file.Source).Add("target", file.Target);
        AtomicFile.WriteIfDifferent(folder.Embedding, text.Write(Heading));
    }

    /// <summary>The state of a model and of the settings.</summary>
    public static string StateOf(ModelRecord record, IEnumerable<string> files, long limit) => Sha256.OfText(string.Format(
        CultureInfo.InvariantCulture, "{0}|{1}|{2}|{3}", FileState.Of(files), record.Embed, record.Compression, limit));
}
