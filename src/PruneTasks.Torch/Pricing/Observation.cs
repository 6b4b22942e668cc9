using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>How the answer of a changed network is compared with the dense one.</summary>
public enum Observation
{
    /// <summary>Mean KL(dense ‖ changed) in nats over the last axis; rows that already are distributions are taken as such.</summary>
    Divergence,

    /// <summary>Squared difference as a share of the dense output's variance.</summary>
    SquaredError,
}

/// <summary>Computes observations.</summary>
internal static class Observations
{
    /// <summary>Mean over the rows of one batch.</summary>
    public static double Of(Observation kind, Tensor dense, Tensor changed)
    {
        using DisposeScope scope = NewDisposeScope();
        // How many results there are may depend on the data (as behind NonMaxSuppression): another number is a whole error. Integers agree or do not.
        if (!dense.shape.SequenceEqual(changed.shape)) return 1;
        if (!dense.is_floating_point()) return dense.numel() == 0 ? 0 : dense.ne(changed).to(float64).mean().item<double>();
        Tensor a = dense.to(float64), b = changed.to(float64);
        if (kind == Observation.SquaredError || a.ndim == 0)
            return ((a - b).square().mean() / (a - a.mean()).square().mean().clamp_min(1e-12)).item<double>();
        bool distributions = AreDistributions(a);
        Tensor p = distributions ? a.clamp_min(1e-12).log() : a.log_softmax(-1), q = distributions ? b.clamp_min(1e-12).log() : b.log_softmax(-1);
        return (p.exp() * (p - q)).sum(-1).mean().item<double>();
    }

    /// <summary>Every row of the last axis is a distribution already.</summary>
    public static bool AreDistributions(Tensor answer)
    {
        using DisposeScope scope = NewDisposeScope();
        return answer.min().item<double>() >= 0 && (answer.sum(-1) - 1).abs().max().item<double>() < 1e-3;
    }
}
