using PruneTasks.Torch.Compensation;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>Moments of the units along the last axis of a value, and how often each is active.</summary>
/// <param name="units">Number of units.</param>
/// <param name="variances">Of each unit alone: no covariances, which channels of large layers have too many of.</param>
internal sealed class UnitStatistics(long units, bool variances = false) : IDisposable
{
    private const double ActiveShareOfRms = 0.01;

    private readonly Tensor _active = zeros(units, float64).DetachFromDisposeScope();
    private readonly Tensor _sums = zeros(2, units, dtype: float64).DetachFromDisposeScope();
    private double _weight;
    private double? _threshold;

    /// <summary>Means and covariances.</summary>
    public MomentAccumulator Moments { get; } = new(variances ? 0 : units);

    /// <summary>E[x] [units].</summary>
    public Tensor Mean() => variances ? _sums[0] / Weight : Moments.Mean();

    /// <summary>E[x²] [units].</summary>
    public Tensor SecondMoment() => variances ? _sums[1] / Weight : Moments.SecondMoment().diagonal();

    /// <summary>Var(x) [units].</summary>
    public Tensor Variance() => variances ? (SecondMoment() - Mean().square()).clamp_min(0.0) : Moments.Covariance().diagonal();

    /// <summary>Share of rows above the threshold, a hundredth of the root mean square of the first batch [units].</summary>
    public Tensor Activity() => _active / Weight;

    private double Weight => Math.Max(_weight, double.Epsilon * 1e20);

    /// <summary>Adds <paramref name="value"/> [..., units], each row with <paramref name="weight"/>.</summary>
    public void Add(Tensor value, double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = value.reshape(-1, value.shape[^1]);
        _threshold ??= ActiveShareOfRms * rows.to(float64).square().mean().sqrt().item<double>();
        _active.add_((rows.abs() > _threshold.Value).sum([0L]).to(float64) * weight);
        _weight += rows.shape[0] * weight;
        if (variances) _sums.add_(stack([rows.sum([0L], type: ScalarType.Float64), rows.square().sum([0L], type: ScalarType.Float64)]), weight.ToScalar());
        else Moments.Add(rows, weight);
    }

    public void Dispose()
    {
        _active.Dispose();
        _sums.Dispose();
        Moments.Dispose();
    }
}
