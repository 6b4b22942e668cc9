using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Pipeline;

/// <summary>
/// At the very end, attention layers and normalisations that <see cref="ExactRewrites"/> took apart become one operator again, with the sizes that they have now: ONNX
/// Runtime does not recognise most of them by itself. What does not compute the same is left in pieces.
/// </summary>
internal static class FusedAgain
{
    /// <summary>Puts together.</summary>
    /// <param name="model">A file in pieces.</param>
    /// <param name="attentions">Attention that was taken apart.</param>
    /// <param name="means">Normalisations were taken apart too.</param>
    /// <param name="cached">Caches of a decoder will be put in front of keys and values.</param>
    /// <param name="check">Holds a file against what it has to compute: the largest difference. Throws where that is too large.</param>
    /// <param name="log">Takes a line.</param>
    /// <returns>The file and its difference; <see langword="null"/> if it stays as it is.</returns>
    public static (ModelImage Model, double Difference)? Of(ModelImage model, IReadOnlyList<FusedAttention> attentions, bool means, bool cached, Func<ModelImage, double> check, Action<string> log)
    {
        if (attentions.Count == 0 && !means) return null;
        try
        {
            OnnxModel read = model.Load();
            int count = 0;
            if (attentions.Count > 0)
            {
                count = AttentionFusing.Apply(read, attentions, cached);
                log($"{count} of {attentions.Count} attention operators that were taken apart are put together again");
            }
            if (means)
            {
                int normalizations = RootMeanSquareFusing.Apply(read);
                log($"{normalizations} {(normalizations == 1 ? "normalisation is" : "normalisations are")} one operator again");
                count += normalizations;
            }
            if (count == 0) return null;
            ModelImage fused = ModelImage.Of(read);
            return (fused, check(fused));
        }
        catch (Exception problem) when (problem is PruneDiagnosticException or OnnxRuntimeException or ArgumentException or IndexOutOfRangeException or ArithmeticException or InvalidOperationException)
        {
            log($"what was taken apart stays in pieces: {problem.Message}");
            return null;
        }
    }
}
