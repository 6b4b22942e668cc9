using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Data;

/// <summary>What to read, for which model, and where to point when it goes wrong.</summary>
internal sealed record DataRequest
{
    /// <summary>The key of the spec, for example <c>data.personal.path</c>.</summary>
    public required string Key { get; init; }

    /// <summary>The spec file.</summary>
    public required string SpecFile { get; init; }

    /// <summary>Where the key's value stands in the spec.</summary>
    public SourceSpan Span { get; init; }

    /// <summary>The path as the spec has it; used in messages.</summary>
    public required string Path { get; init; }

    /// <summary>The same, absolute.</summary>
    public required string FullPath { get; init; }

    /// <summary>Seed of the choice among the samples.</summary>
    public int Seed { get; init; }

    /// <summary>The spec's image section with width and height; null for a task without images.</summary>
    public ImageSpec? Image { get; init; }

    /// <summary>Where the image section stands in the spec.</summary>
    public SourceSpan ImageSpan { get; init; }

    /// <summary>What the model is for.</summary>
    public ModelTask Task { get; init; }

    /// <summary>How texts become the model's inputs; null for a task without texts.</summary>
    public TextManifest? Text { get; init; }

    /// <summary>The tokenizer; null where the spec names none.</summary>
    public TokenizerFile? Tokenizer { get; init; }

    /// <summary>The spec's labels, if it has some.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The model's inputs.</summary>
    public required IReadOnlyList<ModelInput> Inputs { get; init; }

    /// <summary>Entries of the model's class axis, where it is known.</summary>
    public int? Classes { get; init; }

    /// <summary>The classes that are kept; null to read samples of all classes.</summary>
    public ClassSelection? Kept { get; init; }

    /// <summary>Whether a sample of this class of the dense model is read. One without a known class is.</summary>
    public bool Keeps(int? label) => Kept is null || label is not { } dense || Kept.NewNumber(dense) is not null;

    /// <summary>The number of a class in the pruned model.</summary>
    public int? Label(int? label) => Kept is { } kept && label is { } dense ? kept.NewNumber(dense) : label;

    /// <summary>The error of a row of the table, at the key's place; the key is the message's first argument.</summary>
    public PruneDiagnosticException Fail(PruneDiagnosticDescriptor descriptor, params object[] arguments) =>
        new(descriptor.At(SpecFile, Span, [Key, .. arguments]));
}
