using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Records;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Embedding;

/// <summary>A file that becomes a resource of the app.</summary>
/// <param name="Source">Where it is now.</param>
/// <param name="Suffix">What its name has behind that of the model's resource.</param>
internal sealed record EmbeddedFile(string Source, string Suffix);

/// <summary>A file of a model beside the app.</summary>
/// <param name="Source">Where it is now.</param>
/// <param name="Target">Its path below the app's folder, with <c>/</c>.</param>
internal sealed record BesideFile(string Source, string Target);

/// <summary>How one model gets into the app. Kept in the model's folder, so that a build with nothing to do reads no more than this.</summary>
/// <param name="State">State of everything that this follows from.</param>
/// <param name="Resources">Files to embed.</param>
/// <param name="Beside">Files beside the app.</param>
/// <param name="Note">What the user shall know, or null.</param>
internal sealed record EmbedPlan(string State, IReadOnlyList<EmbeddedFile> Resources, IReadOnlyList<BesideFile> Beside, string? Note)
{
    private const string Heading = "prunetasks-embed 1";

    /// <summary>Suffix of a compressed model; the runtime's EmbeddedModel knows it.</summary>
    public const string CompressedSuffix = ".br";

    /// <summary>Suffix of the resource that names the files beside the app; likewise.</summary>
    public const string PointerSuffix = ".files.json";

    /// <summary>Suffix of the card; the runtime's CardReader knows it.</summary>
    public const string CardSuffix = ".card.json";

    /// <summary>The plan of an earlier build, if it still holds. Loops and classes, no queries and tuples: it runs once in a new process, before anything is fast.</summary>
    public static EmbedPlan? Read(ModelFolder folder, string state)
    {
        if (RecordText.Read(folder.Embedding, Heading) is not { } text || text.Find("state") != state)
            return null;
        IReadOnlyList<string> files = text.All("resource"), suffixes = text.All("suffix"), besides = text.All("beside"), targets = text.All("target");
        if (files.Count != suffixes.Count || besides.Count != targets.Count)
            return null;
        EmbeddedFile[] resources = new EmbeddedFile[files.Count];
        for (int i = 0; i < resources.Length; i++)
        {
            if (!File.Exists(files[i]))
                return null;
            resources[i] = new EmbeddedFile(files[i], suffixes[i]);
        }

        BesideFile[] beside = new BesideFile[besides.Count];
        for (int i = 0; i < beside.Length; i++)
        {
            if (!File.Exists(besides[i]))
                return null;
            beside[i] = new BesideFile(besides[i], targets[i]);
        }

        return new EmbedPlan(state, resources, beside, text.Find("note"));
    }

    /// <summary>Keeps the plan.</summary>
    public void Write(ModelFolder folder)
    {
        RecordText text = new RecordText().Add("state", State).Add("note", Note);
        foreach (EmbeddedFile file in Resources)
            text.Add("resource", file.Source).Add("suffix", file.Suffix);
        foreach (BesideFile file in Beside)
            text.Add("beside", file.Source).Add("target", file.Target);
        AtomicFile.WriteIfDifferent(folder.Embedding, text.Write(Heading));
    }

    /// <summary>The model's file, pruned or dense.</summary>
    public static string Model(ModelFolder folder, ModelRecord record, bool pruned) => pruned ? folder.Pruned : record.Model;

    /// <summary>Weights in files of their own.</summary>
    public static IReadOnlyList<string> External(ModelFolder folder, ModelRecord record, bool pruned) =>
        pruned ? (File.Exists(folder.PrunedData) ? [folder.PrunedData] : []) : record.ModelFiles;

    /// <summary>The state of a model and of the settings.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="record">What is known about the model.</param>
    /// <param name="pruned">Whether the pruned model is taken, not the dense one.</param>
    /// <param name="limit">The largest model that is embedded, as the project writes it: a build with nothing to do need not read it as a number.</param>
    public static string StateOf(ModelFolder folder, ModelRecord record, bool pruned, string limit)
    {
        List<string> files = [Model(folder, record, pruned), .. External(folder, record, pruned), folder.Result];
        return Sha256.OfText(string.Join("|", FileState.Of(files), record.Embed, record.Compression, limit));
    }

    /// <summary>Adds the items that the build goes on with.</summary>
    public void AddTo(List<ITaskItem> resources, List<ITaskItem> beside, string resource)
    {
        foreach (EmbeddedFile file in Resources)
            resources.Add(Item(file.Source, "Resource", resource + file.Suffix));
        foreach (BesideFile file in Beside)
            beside.Add(Item(file.Source, "TargetPath", file.Target.Replace('/', Path.DirectorySeparatorChar)));
    }

    private static TaskItem Item(string file, string metadata, string value)
    {
        var item = new TaskItem(MSBuildText.Escape(file));
        item.SetMetadata(metadata, MSBuildText.Escape(value));
        return item;
    }
}
