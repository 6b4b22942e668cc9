namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 00: the spec and the data that it names.</content>
public static partial class PruneDiagnostics
{
    /// <summary>The spec is not valid YAML.</summary>
    public static readonly PruneDiagnosticDescriptor SyntaxError = Error(
        "PRUNE0001",
        "The spec is not valid YAML",
        "{0}");

    /// <summary>Unknown key in the spec.</summary>
    public static readonly PruneDiagnosticDescriptor UnknownKey = Error(
        "PRUNE0002",
        "Unknown key in the spec",
        "unknown key '{0}' in {1}; {2}");

    /// <summary>A value in the spec has the wrong type or is out of range.</summary>
    public static readonly PruneDiagnosticDescriptor BadValue = Error(
        "PRUNE0003",
        "A value in the spec has the wrong type or is out of range",
        "'{0}' must be {1}; found {2}");

    /// <summary>The spec is written for a newer version.</summary>
    public static readonly PruneDiagnosticDescriptor NewerVersion = Error(
        "PRUNE0004",
        "The spec is written for a newer version",
        "version {0} of the spec is newer than {1}, the newest that this version of PruneTasks reads; update the package");

    /// <summary>The model file does not exist.</summary>
    public static readonly PruneDiagnosticDescriptor ModelNotFound = Error(
        "PRUNE0005",
        "The model file does not exist",
        "the model '{0}' does not exist; set 'model' to its path, relative to the folder of the spec");

    /// <summary>A model has no spec.</summary>
    public static readonly PruneDiagnosticDescriptor ModelWithoutSpec = Info(
        "PRUNE0006",
        "A model has no spec",
        "the model '{0}' has no spec '{1}'; it is left alone");

    /// <summary>Two specs give the same name.</summary>
    public static readonly PruneDiagnosticDescriptor DuplicateName = Error(
        "PRUNE0008",
        "Two specs give the same name",
        "'{0}' and '{1}' both give the name '{2}'; rename one file");

    /// <summary>Two settings exclude each other.</summary>
    public static readonly PruneDiagnosticDescriptor Conflict = Error(
        "PRUNE0009",
        "Two settings exclude each other",
        "'{0}' and '{1}' exclude each other: {2}");

    /// <summary>A required key is missing.</summary>
    public static readonly PruneDiagnosticDescriptor MissingKey = Error(
        "PRUNE0010",
        "A required key is missing",
        "'{0}' is missing; {1}");

    /// <summary>A key is given twice.</summary>
    public static readonly PruneDiagnosticDescriptor DuplicateKey = Error(
        "PRUNE0011",
        "A key is given twice",
        "'{0}' is given twice; the first is on line {1}");

    /// <summary>Anchors, aliases and tags are refused.</summary>
    public static readonly PruneDiagnosticDescriptor AliasRefused = Error(
        "PRUNE0012",
        "Anchors, aliases and tags are refused",
        "{0} is refused in a spec; write the value out");

    /// <summary>The spec is empty.</summary>
    public static readonly PruneDiagnosticDescriptor EmptySpec = Error(
        "PRUNE0013",
        "The spec is empty",
        "the spec is empty; the smallest is 'version: 1'");

    /// <summary>The labels file cannot be used.</summary>
    public static readonly PruneDiagnosticDescriptor LabelsFile = Error(
        "PRUNE0014",
        "The labels file cannot be used",
        "the labels file '{0}' {1}");

    /// <summary>The spec cannot be read.</summary>
    public static readonly PruneDiagnosticDescriptor SpecUnreadable = Error(
        "PRUNE0015",
        "The spec cannot be read",
        "the spec cannot be read: {0}");

    /// <summary>A data folder does not exist.</summary>
    public static readonly PruneDiagnosticDescriptor DataFolderMissing = Error(
        "PRUNE0020",
        "A data folder does not exist",
        "'{0}': the folder '{1}' does not exist");

    /// <summary>A data folder has nothing to use.</summary>
    public static readonly PruneDiagnosticDescriptor DataFolderEmpty = Error(
        "PRUNE0021",
        "A data folder has nothing to use",
        "'{0}': the folder '{1}' holds no image, text, .npz file or ONNX test set");

    /// <summary>An image does not decode.</summary>
    public static readonly PruneDiagnosticDescriptor ImageUnreadable = Warning(
        "PRUNE0022",
        "An image does not decode",
        "the image '{0}' does not decode and is skipped: {1}");

    /// <summary>No image of a data folder decodes.</summary>
    public static readonly PruneDiagnosticDescriptor AllImagesUnreadable = Error(
        "PRUNE0023",
        "No image of a data folder decodes",
        "'{0}': none of the {1} images in '{2}' decodes; the first: {3}");

    /// <summary>Recorded inputs do not fit the model.</summary>
    public static readonly PruneDiagnosticDescriptor DataDoesNotFit = Error(
        "PRUNE0024",
        "Recorded inputs do not fit the model",
        "'{0}': '{1}' does not fit the model: {2}");

    /// <summary>The tokenizer cannot be used.</summary>
    public static readonly PruneDiagnosticDescriptor TokenizerFile = Error(
        "PRUNE0030",
        "The tokenizer cannot be used",
        "the tokenizer '{0}' {1}");

    /// <summary>The text section does not fit the model.</summary>
    public static readonly PruneDiagnosticDescriptor TextDoesNotFit = Error(
        "PRUNE0031",
        "The text section does not fit the model",
        "{0}");

    /// <summary>A data file cannot be read.</summary>
    public static readonly PruneDiagnosticDescriptor DataFileUnreadable = Error(
        "PRUNE0025",
        "A data file cannot be read",
        "'{0}': '{1}' cannot be read: {2}");
}
