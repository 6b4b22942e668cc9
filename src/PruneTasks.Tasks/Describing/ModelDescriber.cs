using PruneTasks.Records;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Describing;

/// <summary>What describing a model gave.</summary>
/// <param name="Manifest">Text of the manifest; null when there is an error.</param>
/// <param name="Record">What to remember; null when there is an error.</param>
/// <param name="Diagnostics">Everything found.</param>
internal sealed record Description(string? Manifest, ModelRecord? Record, IReadOnlyList<PruneDiagnostic> Diagnostics)
{
    /// <summary>The tokenizer that the app embeds; null for none.</summary>
    public TokenizerFile? Tokenizer { get; init; }
}

/// <summary>Reads a spec and its model's signature.</summary>
internal static class ModelDescriber
{
    /// <summary>Describes one model.</summary>
    public static Description Describe(ModelItem item, string tool, string natives)
    {
        SpecReadResult read = PruneSpecReader.Read(item.Spec);
        if (read.Spec is null)
            return new Description(null, null, read.Diagnostics);
        var request = new PruneRequest
        {
            Spec = item.Spec, Model = item.Model, Name = item.Name, ClassName = item.Class, Namespace = item.Namespace, Output = "",
        };
        PruneSpec spec = request.Apply(read.Spec);
        string[] described = [item.Spec, spec.Model.Full, .. LabelsFile(spec), .. TokenizerFiles(spec), typeof(ModelDescriber).Assembly.Location];

        // Before the files are read: one that changes meanwhile must not look described.
        string state = FileState.Of(described);
        SignatureReadResult model = ModelReading.Read(spec);
        if (model.Signature is null)
            return new Description(null, null, [.. read.Diagnostics, .. model.Diagnostics]);
        ManifestResult built = ManifestBuilder.Build(spec, model.Signature);
        PruneDiagnostic[] diagnostics = [.. read.Diagnostics, .. model.Diagnostics, .. built.Diagnostics];
        if (built.Manifest is null)
            return new Description(null, null, diagnostics);

        string folder = Path.GetDirectoryName(spec.Model.Full)!;
        var record = new ModelRecord
        {
            Spec = item.Spec,
            Name = item.Name,
            Model = spec.Model.Full,
            ModelOverride = item.Model,
            Class = item.Class,
            Namespace = item.Namespace,
            Resource = built.Manifest.Resource,
            Embed = spec.Deploy.Embed,
            Compression = spec.Deploy.Compression,
            CanonicalSpec = Sha256.OfText(CanonicalSpec.Write(WithoutNames(spec, built.Manifest.Labels))),
            DescribedState = state,
            DescribedFiles = described,
            ModelFiles = [.. model.Signature.ExternalFiles.Select(file => Path.Combine(folder, file.Location)), .. built.Tokenizer?.Sources ?? []],
            Data = [.. new[] { spec.Data.Personal, spec.Data.Common, spec.Data.Test }.OfType<DataSource>().Select(data => data.Path.Full)],
            Tool = tool,
            Natives = natives,
        };
        return new Description(built.Manifest.ToJson(), record, diagnostics) { Tokenizer = built.Tokenizer };
    }

    // What the model and its class are called, and where files lie, does not change what is pruned: projects that differ in no more share a result. The
    // files' content is hashed apart; labels are here, because classes can be chosen by them.
    private static PruneSpec WithoutNames(PruneSpec spec, IReadOnlyList<string>? labels)
    {
        var nowhere = new SpecPath("", "");
        return spec with
        {
            Name = "",
            ClassName = "",
            Namespace = null,
            Model = nowhere,
            Labels = labels is null ? null : new LabelSource(labels, null),
            // How a conversation is written, and where an answer ends, are for the app alone.
            Text = spec.Text is null ? null : spec.Text with { Tokenizer = spec.Text.Tokenizer is null ? null : nowhere, Chat = null, Stop = null },
            Data = new DataSpec { Personal = Here(spec.Data.Personal), Common = Here(spec.Data.Common), Test = Here(spec.Data.Test) },
        };

        DataSource? Here(DataSource? source) => source is null ? null : source with { Path = nowhere };
    }

    private static IReadOnlyList<string> TokenizerFiles(PruneSpec spec) =>
        spec.Text?.Tokenizer is { } tokenizer ? SpecChecks.TokenizerFiles(tokenizer.Full) : [];

    private static IEnumerable<string> LabelsFile(PruneSpec spec) => spec.Labels?.File is { } file ? [file.Full] : [];
}
