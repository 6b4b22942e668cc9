using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What was left out of a model without changing its results, before anything is pruned.</summary>
/// <param name="Slice">The tokens that the last block still works on.</param>
/// <param name="Difference">Largest difference of the outputs in ONNX Runtime, as in <see cref="Verification"/>: rounding.</param>
/// <param name="Model">The rewritten file.</param>
internal sealed record ExactRewrites(TokenSliceResult Slice, double Difference, byte[] Model)
{
    /// <summary>Rewrites <paramref name="model"/>, and checks in ONNX Runtime that it computes what it did; null if there is nothing to leave out.</summary>
    /// <exception cref="Spec.Diagnostics.PruneDiagnosticException">It does not.</exception>
    public static ExactRewrites? Apply(OnnxModel model, PruneJob job, ShapeBinding oneSample)
    {
        SitePreparation.MakeWeightsInitializers(model.Graph);
        if (TokenSlice.Apply(model, ShapeInvariants.Find(model), oneSample) is not { } slice) return null;
        byte[] rewritten = OnnxWriter.ToBytes(model);
        ElementType type = model.Graph.Initializers.Select(v => v.Constant).OfType<TensorData>()
            .Where(c => c.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16)
            .MaxBy(c => c.Count)?.Type ?? ElementType.Float32;
        double difference = Verification.Check(
            OnnxWriter.ToBytes(job.Model), rewritten, job.HoldOut ?? job.Calibration, Verification.Tolerance(type), job.Threads,
            "dense model (after exact rewrites, which prune.exact: false leaves out)");
        return new ExactRewrites(slice, difference, rewritten);
    }
}
