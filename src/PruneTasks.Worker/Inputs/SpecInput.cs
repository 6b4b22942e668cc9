using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Inputs;

/// <summary>A spec together with the dense model that it is about.</summary>
/// <param name="Spec">What the user wrote, as the request changes it.</param>
/// <param name="Model">The dense model.</param>
/// <param name="Manifest">Spec and signature put together; its image section has width and height.</param>
internal sealed record SpecInput(PruneSpec Spec, ModelFile Model, ModelManifest Manifest)
{
    /// <summary>Labels of all classes of the dense model; the manifest has those that are kept.</summary>
    public IReadOnlyList<string>? AllLabels { get; init; }

    /// <summary>The classes that are kept; null for all.</summary>
    public ClassSelection? Classes { get; init; }

    /// <summary>The tokenizer that the spec names; null for none.</summary>
    public TokenizerFile? Tokenizer { get; init; }

    /// <summary>Outputs that are no answer, but what the next run of a decoder begins with.</summary>
    public IReadOnlyList<string> Presents => Manifest.Text is { Refusal: null } text ? [.. text.States.Select(state => state.Present)] : [];

    /// <summary>Reads the spec.</summary>
    /// <param name="path">The spec file.</param>
    /// <param name="diagnostics">Takes the warnings.</param>
    /// <exception cref="PruneDiagnosticException">It has errors; all of them are reported together.</exception>
    public static PruneSpec ReadSpec(string path, ICollection<PruneDiagnostic> diagnostics)
    {
        SpecReadResult read = PruneSpecReader.Read(path);
        if (read.Spec is null) throw new PruneDiagnosticException(read.Diagnostics);
        foreach (PruneDiagnostic warning in read.Diagnostics) diagnostics.Add(warning);
        return read.Spec;
    }

    /// <summary>Puts a spec and a model together and checks that they fit.</summary>
    /// <exception cref="PruneDiagnosticException">Labels or image section do not fit the model.</exception>
    public static SpecInput Fit(PruneSpec spec, ModelFile model, ICollection<PruneDiagnostic> diagnostics)
    {
        ModelSignature signature;
        try
        {
            using var stream = new MemoryStream(model.Bytes, writable: false);
            signature = ModelReading.Read(stream, spec.Task);
        }
        catch (OnnxFormatException problem)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.NotOnnx.At(spec.File, spec.PlaceNear("model"), model.Path, problem.Message), problem);
        }
        ManifestResult built = ManifestBuilder.Build(spec, signature);
        if (built.Manifest is null) throw new PruneDiagnosticException(built.Diagnostics);
        foreach (PruneDiagnostic warning in built.Diagnostics) diagnostics.Add(warning);
        return new SpecInput(spec, model, built.Manifest) { AllLabels = built.AllLabels, Classes = built.Classes, Tokenizer = built.Tokenizer };
    }

    /// <summary>The request for one of the spec's data sections.</summary>
    /// <param name="section"><c>personal</c>, <c>common</c> or <c>test</c>.</param>
    /// <param name="source">The section.</param>
    public DataRequest Request(string section, DataSource source) => new()
    {
        Key = $"data.{section}",
        SpecFile = Spec.File,
        Span = Spec.PlaceOf($"data.{section}.path"),
        Path = source.Path.Written,
        FullPath = source.Path.Full,
        Seed = Spec.Prune.Seed,
        Image = Manifest.Image,
        ImageSpan = Spec.PlaceOf("image"),
        Task = Spec.Task,
        Text = Manifest.Text,
        Tokenizer = Tokenizer,
        Labels = AllLabels,
        // Everyone's data steadies the repair, whatever it shows.
        Kept = section == "common" ? null : Classes,
        Inputs = ModelInput.Of(Model.Model),
        Classes = Model.Classes,
    };
}
