using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Torch.Compensation;
using PruneTasks.Torch.Lowering;

namespace PruneTasks.Worker.Cli;

/// <summary>Tells a model that cannot be run from an error of ours.</summary>
internal static class ModelFailure
{
    /// <summary>A diagnostic, if torch's or ONNX Runtime's run of the model failed; else null.</summary>
    /// <param name="problem">What was thrown.</param>
    /// <param name="what">What is worked on.</param>
    public static PruneDiagnostic? Explain(Exception problem, string what) => problem switch
    {
        LoweringException or UnfitDataException => PruneDiagnostics.NotComputable.In(null, problem.Message),
        // Decompositions of matrices whose entries are not finite or of too many orders of magnitude, in the words of torch (BatchLinearAlgebra.cpp).
        ExternalException when problem.Message.Contains("linalg.", StringComparison.Ordinal) && problem.Message.Contains("failed to converge", StringComparison.Ordinal) => PruneDiagnostics.NotComputable.In(null, new UnfitDataException().Message),
        OnnxRuntimeException => PruneDiagnostics.RuntimeRefusesModel.In(null, what, problem.Message),
        _ => null,
    };
}
