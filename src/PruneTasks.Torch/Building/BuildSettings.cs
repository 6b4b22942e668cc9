using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;

namespace PruneTasks.Torch.Building;

/// <summary>How the sequential build behaves.</summary>
public sealed record BuildSettings
{
    /// <summary>Independent samples that one calibration sample counts for in the ridge; tokens of one image are not independent (docs/decisions/0005).</summary>
    public double EffectiveRowsPerSample { get; init; } = 8;

    /// <summary>
    /// Share of the error that earlier steps left in the residual stream which a refit repairs: 1 = all of it, 0 = only its own branch.
    /// <see langword="null"/>: 1 from 128 samples on, ½ below.
    /// </summary>
    public double? ResidualRepair { get; init; }

    /// <summary>Told how many layers are done, of how many; may be <see langword="null"/>.</summary>
    public Action<int, int>? Progress { get; init; }

    internal RefitContext ContextFor(double samples, int batches = 1, LoweredGraph? dense = null) =>
        new(ResidualRepair ?? (samples >= 128 ? 1 : 0.5), samples * EffectiveRowsPerSample) { Batches = Math.Max(1, batches), Dense = dense };
}

/// <summary>What the build did at one site.</summary>
/// <param name="Removal">Units kept.</param>
/// <param name="RelativeError">Share of the variance of the layer's target that the refitted layer leaves unexplained, on the fit samples.</param>
public sealed record SiteOutcome(SiteRemoval Removal, double RelativeError);

/// <summary>Result of a build: what goes, and weights under which the masked graph already computes what the removed one will.</summary>
public sealed record BuildResult(IReadOnlyList<SiteOutcome> Sites, IReadOnlyDictionary<Value, TensorData> Weights);
