using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>Draws what the gradient of an observation starts from: E[c cᵀ] is the curvature of the observation at the dense answer.</summary>
internal sealed class DrawnAnswers
{
    private readonly Tensor _answer;
    private readonly Generator _generator;
    private readonly Observation _kind;
    private readonly bool _distributions;

    /// <param name="kind">The observation.</param>
    /// <param name="answer">The dense answer.</param>
    /// <param name="seed">Of the draws.</param>
    public DrawnAnswers(Observation kind, Tensor answer, int seed)
    {
        _answer = answer;
        _generator = new Generator((ulong)(uint)seed);
        _kind = answer.ndim == 0 ? Observation.SquaredError : kind;
        _distributions = _kind == Observation.Divergence && Observations.AreDistributions(answer.to(float64));
        Tensor a = answer.to(float64);
        Scale = _kind == Observation.Divergence
            ? 0.5 * answer.shape[^1] / answer.numel()
            : 1 / (answer.numel() * (a - a.mean()).square().mean().clamp_min(1e-12).item<double>());
    }

    /// <summary>Factor from Σ (c·Jδ)² to the observation of the batch.</summary>
    public double Scale { get; }

    /// <summary>One cotangent of the answer: the gradient of −log p(ŷ) for an ŷ drawn from each row, or noise of variance 1.</summary>
    public Tensor Draw()
    {
        if (_kind == Observation.SquaredError) return randn(_answer.shape, dtype: _answer.dtype, generator: _generator);
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = _answer.to(float64).reshape(-1, _answer.shape[^1]);
        Tensor p = _distributions ? rows.clamp_min(1e-12) : rows.softmax(-1);
        // Inverse of the distribution function, so that one uniform number makes one draw.
        Tensor uniform = rand(p.shape[0], 1, dtype: float64, generator: _generator) * p.sum(-1, keepdim: true);
        Tensor drawn = (p.cumsum(-1) < uniform).sum(-1, keepdim: true).clamp_max(p.shape[1] - 1);
        Tensor hot = zeros_like(p).scatter(1, drawn, ones_like(p.narrow(1, 0, 1)));
        return (_distributions ? -hot / p : p - hot).reshape(_answer.shape).to(_answer.dtype).MoveToOuterDisposeScope();
    }
}
