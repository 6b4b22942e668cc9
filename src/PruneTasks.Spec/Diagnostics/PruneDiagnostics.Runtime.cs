namespace PruneTasks.Spec.Diagnostics;

/// <content>Block 03: running a model in the app.</content>
public static partial class PruneDiagnostics
{
    /// <summary>ONNX Runtime has no native library for this platform.</summary>
    public static readonly PruneDiagnosticDescriptor AppNativeMissing = Error(
        "PRUNE0301",
        "ONNX Runtime has no native library for this platform",
        "no native library of ONNX Runtime for '{0}'; add a package that has it, for example {1}");

    /// <summary>A packed library hides what its users need at run time. Reported by build/PruneTasks.Embed.targets.</summary>
    public static readonly PruneDiagnosticDescriptor HiddenReference = Warning(
        "PRUNE0307",
        "A packed library hides what its users need at run time",
        "the reference to PruneTasks has PrivateAssets=\"all\", so users of this package get neither PruneTasks.Runtime nor ONNX Runtime; remove PrivateAssets");
}
