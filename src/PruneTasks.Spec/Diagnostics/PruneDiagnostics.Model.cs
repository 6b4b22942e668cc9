namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 01: the model.</content>
public static partial class PruneDiagnostics
{
    /// <summary>The file is not an ONNX model.</summary>
    public static readonly PruneDiagnosticDescriptor NotOnnx = Error(
        "PRUNE0101",
        "The file is not an ONNX model",
        "'{0}' is not an ONNX model: {1}");

    /// <summary>External data of the model is missing.</summary>
    public static readonly PruneDiagnosticDescriptor ExternalDataMissing = Error(
        "PRUNE0102",
        "External data of the model is missing",
        "'{0}': {1}");

    /// <summary>The file is a Git LFS pointer.</summary>
    public static readonly PruneDiagnosticDescriptor LfsPointer = Error(
        "PRUNE0103",
        "The file is a Git LFS pointer",
        "'{0}' is a Git LFS pointer, not the file itself; run 'git lfs pull'");

    /// <summary>External data of the model lies outside its folder.</summary>
    public static readonly PruneDiagnosticDescriptor ExternalPathRefused = Error(
        "PRUNE0104",
        "External data of the model lies outside its folder",
        "'{0}': {1}");

    /// <summary>Operators that cannot be computed for calibration.</summary>
    public static readonly PruneDiagnosticDescriptor UnsupportedOperators = Error(
        "PRUNE0105",
        "Operators that cannot be computed for calibration",
        "'{0}' uses operators that cannot be computed for calibration: {1}");

    /// <summary>The model cannot be computed.</summary>
    public static readonly PruneDiagnosticDescriptor NotComputable = Error(
        "PRUNE0106",
        "The model cannot be computed",
        "the model cannot be computed: {0}");

    /// <summary>The graph of the model is not valid.</summary>
    public static readonly PruneDiagnosticDescriptor InvalidGraph = Error(
        "PRUNE0107",
        "The graph of the model is not valid",
        "'{0}': {1}");

    /// <summary>The image section does not fit an input of the model.</summary>
    public static readonly PruneDiagnosticDescriptor ImageDoesNotFit = Error(
        "PRUNE0108",
        "The image section does not fit an input of the model",
        "the image section does not fit the model: {0}");

    /// <summary>ONNX Runtime refuses the model.</summary>
    public static readonly PruneDiagnosticDescriptor RuntimeRefusesModel = Error(
        "PRUNE0109",
        "ONNX Runtime refuses the model",
        "ONNX Runtime refuses '{0}': {1}");

    /// <summary>The model is quantised.</summary>
    public static readonly PruneDiagnosticDescriptor Quantised = Error(
        "PRUNE0110",
        "The model is quantised",
        "'{0}' is quantised ({1}); prune the floating-point model, and quantise the result");

    /// <summary>The model needs more memory than there is.</summary>
    public static readonly PruneDiagnosticDescriptor TooMuchMemory = Error(
        "PRUNE0111",
        "The model needs more memory than there is",
        "'{0}': {1} '{2}' would have {3}; the process may use {4}");

    /// <summary>The model file cannot be read.</summary>
    public static readonly PruneDiagnosticDescriptor ModelUnreadable = Error(
        "PRUNE0112",
        "The model file cannot be read",
        "'{0}' cannot be read: {1}");

    /// <summary>The model is too large.</summary>
    public static readonly PruneDiagnosticDescriptor ModelTooLarge = Error(
        "PRUNE0113",
        "The model is too large",
        "'{0}' ({1}) is too large to be pruned: {2}");

    /// <summary>Part of the model is quantised.</summary>
    public static readonly PruneDiagnosticDescriptor PartlyQuantised = Warning(
        "PRUNE0114",
        "Part of the model is quantised",
        "'{0}' is quantised in part ({1}); those layers stay as they are. Prune the floating-point model, and quantise the result, to prune them too");

    /// <summary>The model was laid out for one processor.</summary>
    public static readonly PruneDiagnosticDescriptor BlockedLayout = Error(
        "PRUNE0115",
        "The model was laid out for one processor",
        "'{0}' was written by ONNX Runtime in the blocked layout of one processor ({1}), in which channels cannot be told; give the model as it was before, or optimise it with ORT_ENABLE_EXTENDED");
}
