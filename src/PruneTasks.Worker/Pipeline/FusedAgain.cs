using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Pipeline;

/// <summary>
/// At the very end, attention layers that <see cref="ExactRewrites"/> took apart become one operator again, with the sizes that they have now: ONNX Runtime does not
/// recognise most of them by itself. What does not compute the same is left in pieces.
/// </summary>
internal static class FusedAgain
{
    /// <summary>Puts together.</summary>
    /// <param name="model">A file in pieces.</param>
    /// <param name="attentions">What was taken apart.</param>
    /// <param name="check">Holds a file against what it has to compute: the largest difference. Throws where that is too large.</param>
    /// <param name="log">Takes a line.</param>
    /// <returns>The file and its difference; <see langword="null"/> if it stays as it is.</returns>
    public static (ModelImage Model, double Difference)? Of(ModelImage model, IReadOnlyList<FusedAttention> attentions, Func<ModelImage, double> check, Action<string> log)
    {
        if (attentions.Count == 0) return null;
        try
        {
            OnnxModel read = model.Load();
            int count = AttentionFusing.Apply(read, attentions);
            log($"{count} of {attentions.Count} attention operators that were taken apart are put together again");
            if (count == 0) return null;
            ModelImage fused = ModelImage.Of(read);
            return (fused, check(fused));
        }
        catch (Exception problem) when (problem is PruneDiagnosticException or OnnxRuntimeException or ArgumentException or IndexOutOfRangeException or ArithmeticException or InvalidOperationException)
        {
            log($"attention stays in pieces: {problem.Message}");
            return null;
        }
    }
}
