using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Distillation;

/// <summary>Adam (Kingma, Ba, arXiv 1412.6980, algorithm 1) for one tensor. Where the gradient has always been zero, nothing moves.</summary>
internal sealed class AdamStep : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly Tensor _first, _second;
    private int _steps;

    /// <param name="weight">Of whose shape the moments are.</param>
    public AdamStep(Tensor weight)
    {
        _first = zeros_like(weight, requires_grad: false).DetachFromDisposeScope();
        _second = zeros_like(weight, requires_grad: false).DetachFromDisposeScope();
    }

    /// <summary>Moves <paramref name="weight"/> in place.</summary>
    public void Move(Tensor weight, Tensor gradient, double rate)
    {
        using var off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        _steps++;
        _first.mul_(Beta1).add_(gradient, 1 - Beta1);
        _second.mul_(Beta2).add_(gradient.square(), 1 - Beta2);
        Tensor mean = _first / (1 - Math.Pow(Beta1, _steps)), size = (_second / (1 - Math.Pow(Beta2, _steps))).sqrt() + Epsilon;
        weight.sub_(mean / size * rate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }
}
