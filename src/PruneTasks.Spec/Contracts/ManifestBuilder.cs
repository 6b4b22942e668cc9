using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;
using PruneTasks.Spec.Reading;
using PruneTasks.Spec.Table;

namespace PruneTasks.Spec.Contracts;

/// <summary>A manifest, or why there is none.</summary>
/// <param name="Manifest">The manifest; null when there is an error.</param>
/// <param name="Diagnostics">Everything found.</param>
public sealed record ManifestResult(ModelManifest? Manifest, IReadOnlyList<PruneDiagnostic> Diagnostics)
{
    /// <summary>Labels of all classes of the dense model; the manifest has those that are kept.</summary>
    public IReadOnlyList<string>? AllLabels { get; init; }

    /// <summary>The tokenizer that the spec names; null for none.</summary>
    public TokenizerFile? Tokenizer { get; init; }

    /// <summary>The classes that are kept; null for all.</summary>
    public ClassSelection? Classes { get; init; }
}

/// <summary>Puts spec and signature together, and checks that they fit each other.</summary>
public static class ManifestBuilder
{
    /// <summary>
    /// Builds the manifest. Reads the labels file when the spec names one. Errors: PRUNE0003 class or namespace given by the project,
    /// PRUNE0014 labels file, PRUNE0003 and PRUNE0009 classes to keep, PRUNE0108 image section, PRUNE0030, PRUNE0031 and PRUNE0305 text section, PRUNE0203 number of labels.
    /// </summary>
    public static ManifestResult Build(PruneSpec spec, ModelSignature signature)
    {
        var diagnostics = new List<PruneDiagnostic>();
        CheckNames(spec, diagnostics);
        IReadOnlyList<string>? labels = SpecChecks.Labels(spec, diagnostics);
        if (labels is not null && ClassAxis.Check(spec, signature, labels.Count) is { } mismatch)
            diagnostics.Add(mismatch);
        ClassSelection? classes = diagnostics.Any(d => d.IsError) ? null : ClassSelection.Read(spec, signature, labels, diagnostics);
        ImageSpec? image = spec.Image is null ? null : ImageFit.Resolve(spec, spec.Image, signature, diagnostics);
        (TextManifest? text, TokenizerFile? tokenizer) = spec.Text is null ? default : TextFit.Resolve(spec, spec.Text, signature, labels?.Count, diagnostics);
        if (diagnostics.Any(d => d.IsError))
            return new ManifestResult(null, diagnostics);
        return new ManifestResult(
            new ModelManifest
            {
                Name = spec.Name,
                ClassName = spec.ClassName,
                Namespace = spec.Namespace,
                Task = spec.Task,
                Resource = ModelManifest.ResourceName(spec.Name),
                Inputs = signature.Inputs,
                Outputs = classes is null ? signature.Outputs : [.. signature.Outputs.Select((output, i) => classes.Keep(i, output))],
                Labels = classes is null ? labels : classes.Keep(labels),
                Image = image,
                Text = text,
                Public = spec.Public,
                Card = spec.Card,
            },
            diagnostics)
        {
            AllLabels = labels,
            Classes = classes,
            Tokenizer = tokenizer,
        };
    }

    // The reader has checked what the spec says, but the project may have put other names in its place.
    private static void CheckNames(PruneSpec spec, List<PruneDiagnostic> diagnostics)
    {
        if (!CSharpNames.IsIdentifier(spec.ClassName))
            Report("class", spec.ClassName);
        if (spec.Namespace is { } name && !name.Split('.').All(CSharpNames.IsIdentifier))
            Report("namespace", name);

        void Report(string key, string found) => diagnostics.Add(PruneDiagnostics.BadValue.At(
            spec.File, spec.PlaceOf(key), key, SpecWording.Expectation(SpecTable.Get(key)), $"'{found}'"));
    }
}
