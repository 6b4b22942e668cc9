using PruneTasks.Torch.Compensation;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>Moments of the units along the last axis of a value, and how often each is active.</summary>
internal sealed class UnitStatistics(long units) : IDisposable
{
    private const double ActiveShareOfRms = 0.01;

    private readonly Tensor _active = zeros(units, float64).DetachFromDisposeScope();
    private double? _threshold;

    /// <summary>Means and covariances.</summary>
    public MomentAccumulator Moments { get; } = new(units);

    /// <summary>E[x²] [units].</summary>
    public Tensor SecondMoment() => Moments.SecondMoment().diagonal();

    /// <summary>Var(x) [units].</summary>
    public Tensor Variance() => Moments.Covariance().diagonal();

    /// <summary>Share of rows above the threshold, a hundredth of the root mean square of the first batch [units].</summary>
    public Tensor Activity() => _active / Math.Max(Moments.Weight, double.Epsilon * 1e20);

    /// <summary>Adds <paramref name="value"/> [..., units], each row with <paramref name="weight"/>.</summary>
    public void Add(Tensor value, double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = value.reshape(-1, value.shape[^1]);
        _threshold ??= ActiveShareOfRms * rows.to(float64).square().mean().sqrt().item<double>();
        _active.add_((rows.abs() > _threshold.Value).sum([0L]).to(float64) * weight);
        Moments.Add(rows, weight);
    }

    public void Dispose()
    {
        _active.Dispose();
        Moments.Dispose();
    }
}
