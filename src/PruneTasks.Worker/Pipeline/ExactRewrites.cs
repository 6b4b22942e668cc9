using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Pipeline;

/// <summary>What a file costs.</summary>
internal sealed record RewriteCost(long Macs, long Parameters, long Bytes);

/// <summary>One rewrite that changes no result.</summary>
/// <param name="Kind"><c>classes</c>, <c>fused</c>, <c>branches</c>, <c>constants</c>, <c>normalization</c>, <c>tokens</c> or <c>means</c>.</param>
/// <param name="What">What was done, as a sentence.</param>
/// <param name="Before">The model before.</param>
/// <param name="After">The model after.</param>
/// <param name="Difference">Largest difference of the outputs in ONNX Runtime, as in <see cref="Verification"/>: rounding.</param>
internal sealed record ExactRewrite(string Kind, string What, RewriteCost Before, RewriteCost After, double Difference);

/// <summary>A rewrite that was undone, because its check failed.</summary>
/// <param name="Kind">See <see cref="ExactRewrite"/>.</param>
/// <param name="Reason">Why.</param>
internal sealed record UndoneRewrite(string Kind, string Reason);

/// <summary>What was left out of a model without changing its results, before anything is pruned. Each part was checked in ONNX Runtime by itself.</summary>
internal sealed record ExactRewrites
{
    /// <summary>What was done, in order.</summary>
    public required IReadOnlyList<ExactRewrite> Done { get; init; }

    /// <summary>What was undone.</summary>
    public required IReadOnlyList<UndoneRewrite> Undone { get; init; }

    /// <summary>The tokens that the last block still works on; null if that was not done.</summary>
    public TokenSliceResult? Slice { get; init; }

    /// <summary>Why the last layer still computes the classes that are not kept; null if it does not, or all are kept.</summary>
    public string? ClassesStay { get; init; }

    /// <summary>Attention operators that were taken apart, and are to be put together when all is done.</summary>
    public IReadOnlyList<FusedAttention> Attentions { get; init; } = [];

    /// <summary>Attention operators that were taken apart, and that <see cref="StatesApart"/> puts together.</summary>
    public IReadOnlyList<FusedAttention> Whole { get; init; } = [];

    /// <summary>The model before.</summary>
    public required RewriteCost Before { get; init; }

    /// <summary>The model after.</summary>
    public required RewriteCost After { get; init; }

    /// <summary>The rewritten file; null if nothing was done.</summary>
    public ModelImage? Model { get; init; }

    /// <summary>Nothing was done but to make places that can be pruned: without pruning the file stays as it came.</summary>
    public bool OnlyPrepares => Done.All(rewrite => rewrite.Kind is "fused" or "means");

    /// <summary>Normalisations were taken apart, and are to be put together when all is done.</summary>
    public bool HasMeans => Done.Any(rewrite => rewrite.Kind == "means");

    /// <summary>Multiply-accumulates before; the same as after if nothing was done.</summary>
    public long MacsBefore => Before.Macs;

    /// <summary>Multiply-accumulates after.</summary>
    public long MacsAfter => After.Macs;

    /// <summary>Largest difference of all.</summary>
    public double Difference => Done.Count == 0 ? 0 : Done.Max(rewrite => rewrite.Difference);

    /// <summary>Rewrites the job's model.</summary>
    /// <param name="job">The job.</param>
    /// <param name="oneSample">Sizes for the counts.</param>
    /// <returns>The model to go on with, and what was done; null for nothing.</returns>
    /// <exception cref="PruneDiagnosticException">The classes cannot be kept alone.</exception>
    public static (OnnxModel Model, ExactRewrites? Rewrites) Apply(PruneJob job, ShapeBinding oneSample)
    {
        RewriteSession session = new(job, oneSample);
        string? stay = null;
        if (job.Classes is { } classes)
        {
            session.Require("classes", model =>
            {
                stay = ClassRows.Cut(model, classes);
                return $"{classes.Classes.Count} of {classes.Of} classes are kept" + (stay is null ? ", in the last layer itself" : "");
            });
        }
        TokenSliceResult? slice = null;
        List<FusedAttention> attentions = [];
        if (job.Spec.Prune.Exact)
        {
            session.Try("fused", model => Unfusing.Apply(model, attentions) is > 0 and var n ? $"{n} fused {(n == 1 ? "operator is" : "operators are")} taken apart" : null);
            session.Try("branches", model => BranchSplicing.Apply(model) is > 0 and var n ? $"{n} {(n == 1 ? "branch is" : "branches are")} always taken, and {(n == 1 ? "stands" : "stand")} without condition" : null);
            session.Try("constants", model => ConstantFolding.Apply(model, RunAlone) is > 0 and var n ? $"{n} {(n == 1 ? "value depends" : "values depend")} on constants alone and {(n == 1 ? "is" : "are")} stored" : null);
            session.Try("normalization", model => BatchNormFolding.Apply(model) is > 0 and var n ? $"{n} BatchNormalization {(n == 1 ? "is" : "are")} part of the weights of the layers beside {(n == 1 ? "it" : "them")}" : null);
            session.Try("tokens", model =>
            {
                // An operator that comes back counts all tokens itself.
                if (job.WholeOperators.Count > 0) return null;
                SitePreparation.MakeWeightsInitializers(model.Graph);
                slice = TokenSlice.Apply(model, ShapeInvariants.Find(model), oneSample);
                return slice is null ? null : "the last block works on the tokens that are read alone";
            });
            session.Try("means", model => MeanLayers.Apply(model) is > 0 and var n ? $"{n} hidden {(n == 1 ? "layer is" : "layers are")} normalised by means that are layers" : null);
        }
        (OnnxModel rewritten, ExactRewrites? rewrites) = session.Finish(slice, stay);
        return (rewritten, rewrites is null || rewrites.Done.All(r => r.Kind != "fused") ? rewrites : rewrites with
        {
            Attentions = [.. attentions.Where(a => !job.WholeOperators.Contains(a.Result))],
            Whole = [.. attentions.Where(a => job.WholeOperators.Contains(a.Result))],
        });
    }

    private static IReadOnlyList<TensorData?> RunAlone(OnnxModel constants)
    {
        using OrtSession session = OrtSession.Load(OnnxWriter.ToBytes(constants), "constants of the model", 1);
        return session.Run([]);
    }
}
