using PruneTasks.Records;
using PruneTasks.Tasks.Common;

namespace PruneTasks.Tasks.Stamps;

/// <summary>
/// What describing found out about one model, kept in its folder: from it a later build knows without reading YAML what to watch, and the
/// pruning build what to hash and run.
/// </summary>
internal sealed record ModelRecord
{
    private const string Heading = "prunetasks-model 1";

    /// <summary>The spec file, full path.</summary>
    public required string Spec { get; init; }

    /// <summary>Name of the model: the spec's file name without <c>.prune.yaml</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The ONNX file, full path.</summary>
    public required string Model { get; init; }

    /// <summary>The model as the project's item gives it, full path; null if the spec names it.</summary>
    public string? ModelOverride { get; init; }

    /// <summary>Class name from the project's item.</summary>
    public string? Class { get; init; }

    /// <summary>Namespace from the project's item.</summary>
    public string? Namespace { get; init; }

    /// <summary>Name of the embedded resource.</summary>
    public required string Resource { get; init; }

    /// <summary>Where the model shall be: <c>auto</c>, <c>resource</c> or <c>file</c>.</summary>
    public string Embed { get; init; } = "auto";

    /// <summary>Compression of the resource: <c>none</c> or <c>brotli</c>.</summary>
    public string Compression { get; init; } = "none";

    /// <summary>SHA-256 of the canonical spec: comments, order and spacing are not in it.</summary>
    public required string CanonicalSpec { get; init; }

    /// <summary>State of the files that were read to describe the model, when they were read.</summary>
    public required string DescribedState { get; init; }

    /// <summary>Files that were read to describe the model: spec, model, labels, this tool.</summary>
    public required IReadOnlyList<string> DescribedFiles { get; init; }

    /// <summary>Other files of the model: its external data.</summary>
    public IReadOnlyList<string> ModelFiles { get; init; } = [];

    /// <summary>Files and folders with samples.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>The worker's assembly.</summary>
    public required string Tool { get; init; }

    /// <summary>Versions or places of the native libraries that the worker will use.</summary>
    public required string Natives { get; init; }

    /// <summary>Reads a record; null if there is none or another version wrote it.</summary>
    public static ModelRecord? Read(string path)
    {
        if (RecordText.Read(path, Heading) is not { } text)
            return null;
        if (text.Find("spec") is not { } spec || text.Find("name") is not { } name || text.Find("model") is not { } model
            || text.Find("resource") is not { } resource || text.Find("canonical") is not { } canonical
            || text.Find("state") is not { } state || text.Find("tool") is not { } tool || text.Find("natives") is not { } natives)
        {
            return null;
        }

        return new ModelRecord
        {
            Spec = spec,
            Name = name,
            Model = model,
            ModelOverride = text.Find("model-override"),
            Class = text.Find("class"),
            Namespace = text.Find("namespace"),
            Resource = resource,
            Embed = text.Find("embed") ?? "auto",
            Compression = text.Find("compression") ?? "none",
            CanonicalSpec = canonical,
            DescribedState = state,
            DescribedFiles = text.All("described"),
            ModelFiles = text.All("model-file"),
            Data = text.All("data"),
            Tool = tool,
            Natives = natives,
        };
    }

    /// <summary>Writes the record unless the file already has it.</summary>
    public void Write(string path)
    {
        RecordText text = new RecordText()
            .Add("spec", Spec).Add("name", Name).Add("model", Model).Add("model-override", ModelOverride)
            .Add("class", Class).Add("namespace", Namespace).Add("resource", Resource).Add("embed", Embed).Add("compression", Compression)
            .Add("canonical", CanonicalSpec).Add("state", DescribedState).Add("tool", Tool).Add("natives", Natives);
        foreach (string file in DescribedFiles)
            text.Add("described", file);
        foreach (string file in ModelFiles)
            text.Add("model-file", file);
        foreach (string data in Data)
            text.Add("data", data);
        AtomicFile.WriteIfDifferent(path, text.Write(Heading));
    }
}
