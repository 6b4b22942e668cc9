namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 03: running a model in the app.</content>
public static partial class PruneDiagnostics
{
    /// <summary>ONNX Runtime has no native library for this platform.</summary>
    public static readonly PruneDiagnosticDescriptor AppNativeMissing = Error(
        "PRUNE0301",
        "ONNX Runtime has no native library for this platform",
        "no native library of ONNX Runtime for '{0}'; add a package that has it, for example {1}");

    /// <summary>Two packages bring native libraries of ONNX Runtime. Reported by build/PruneTasks.Embed.targets.</summary>
    public static readonly PruneDiagnosticDescriptor TwoFlavours = Warning(
        "PRUNE0302",
        "Two packages bring a native library of ONNX Runtime",
        "the packages {0} all bring ONNX Runtime's native library, and only one of them can be in the output; leave it out of the others: <PackageReference Include=\"…\" ExcludeAssets=\"native;build\" />");

    /// <summary>A tokenizer.json asks for something that is not supported.</summary>
    public static readonly PruneDiagnosticDescriptor TokenizerFeature = Error(
        "PRUNE0305",
        "The tokenizer uses something that is not supported",
        "the tokenizer uses {0}, which is not supported; {1}");

    /// <summary>A packed library hides what its users need at run time. Reported by build/PruneTasks.Embed.targets.</summary>
    public static readonly PruneDiagnosticDescriptor HiddenReference = Warning(
        "PRUNE0307",
        "A packed library hides what its users need at run time",
        "the reference to PruneTasks has PrivateAssets=\"all\", so users of this package get neither PruneTasks.Runtime nor ONNX Runtime; remove PrivateAssets");

    /// <summary>A model lies beside the app instead of in the assembly.</summary>
    public static readonly PruneDiagnosticDescriptor Beside = Info(
        "PRUNE0308",
        "The model lies beside the app",
        "model '{0}' becomes a file beside the app: {1}");

    /// <summary>A model cannot be embedded as the spec asks.</summary>
    public static readonly PruneDiagnosticDescriptor NotEmbeddable = Error(
        "PRUNE0309",
        "The model cannot be embedded",
        "model '{0}' cannot be embedded: {1}; set 'deploy: {{ embed: file }}'");

    /// <summary>A model could not be compressed.</summary>
    public static readonly PruneDiagnosticDescriptor NotCompressed = Error(
        "PRUNE0310",
        "The model could not be compressed",
        "model '{0}' could not be compressed: {1}");
}
