using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Pipeline;

/// <summary>Checks in ONNX Runtime that the file with the units removed computes what the masked dense graph computes.</summary>
internal static class Verification
{
    /// <summary>Samples that are run through both.</summary>
    private const int Samples = 32;

    /// <summary>Largest allowed difference, relative to the largest output (or 1): rounding of another order of summation.</summary>
    public static double Tolerance(ElementType weights) => weights is ElementType.Float16 or ElementType.BFloat16 ? 2e-2 : 1e-4;

    /// <summary>The same for the element type in which a model has most of its weights.</summary>
    public static double Tolerance(OnnxModel model) => Tolerance(model.Graph.Initializers.Select(v => v.Constant).OfType<TensorData>()
        .Where(c => c.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16)
        .MaxBy(c => c.Count)?.Type ?? ElementType.Float32);

    /// <summary>Runs both models.</summary>
    /// <param name="masked">The dense graph with masked, refitted weights.</param>
    /// <param name="pruned">The file to be delivered.</param>
    /// <param name="set">Samples to run.</param>
    /// <param name="tolerance">See <see cref="Tolerance(ElementType)"/>.</param>
    /// <param name="threads">Threads; 0 for all cores.</param>
    /// <param name="reference">What the first model is called in messages.</param>
    /// <returns>The largest difference, relative as above.</returns>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses the pruned file, or the difference is too large.</exception>
    public static double Check(ModelImage masked, ModelImage pruned, CalibrationSet set, double tolerance, int threads, string reference = "masked model")
    {
        using OrtSession before = masked.Open(reference, threads);
        using OrtSession after = pruned.Open("pruned model", threads);
        double worst = 0;
        int seen = 0;
        foreach (IReadOnlyList<TensorData> batch in set.Batches(Samples))
        {
            IReadOnlyList<TensorData?> a = before.Run(batch), b = after.Run(batch);
            for (int i = 0; i < a.Count; i++) worst = Math.Max(worst, Difference(a[i], b[i], before.OutputNames[i]));
            seen += (int)(batch.Count > 0 && batch[0].Shape.Count > 0 ? batch[0].Shape[0] : 1);
            if (seen >= Samples) break;
        }
        return worst <= tolerance ? worst : throw Failed($"it differs from the {reference} by {worst:g3}, allowed is {tolerance:g3}");
    }

    private static double Difference(TensorData? masked, TensorData? pruned, string output)
    {
        if (masked is null || pruned is null) return 0;
        if (!masked.Shape.SequenceEqual(pruned.Shape)) throw Failed($"output '{output}' has shape [{string.Join(", ", pruned.Shape)}] instead of [{string.Join(", ", masked.Shape)}]");
        if (masked.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64)) return OutputDistance.Between(masked, pruned).Relative;
        float[] a = masked.ToFloats(), b = pruned.ToFloats();
        double largest = 1, difference = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (float.IsNaN(a[i]) != float.IsNaN(b[i])) throw Failed($"output '{output}' is not a number in one of the two");
            if (float.IsNaN(a[i]) || a[i] == b[i]) continue;
            largest = Math.Max(largest, Math.Abs(a[i]));
            difference = Math.Max(difference, Math.Abs((double)a[i] - b[i]));
        }
        return difference / largest;
    }

    private static PruneDiagnosticException Failed(string why) => new(PruneDiagnostics.VerificationFailed.In(null, why));
}
