using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>Mean and centred Gram matrix of rows that arrive in batches; float64, one pass, weighted if wished.</summary>
/// <remarks>
/// Each batch is centred on its own mean and then joined by the pairwise update of Chan, Golub and LeVeque (1979), so that a mean far from zero
/// costs no digits. Not thread-safe. Tensors handed out are the caller's to dispose.
/// </remarks>
public sealed class MomentAccumulator : IDisposable
{
    private readonly Tensor _mean;
    private readonly Tensor _gram;

    /// <summary>Starts empty for rows of <paramref name="features"/> numbers.</summary>
    public MomentAccumulator(long features)
    {
        _mean = zeros(features, float64).DetachFromDisposeScope();
        _gram = zeros(features, features, dtype: float64).DetachFromDisposeScope();
    }

    /// <summary>Sum of the row weights; the number of rows if none were given.</summary>
    public double Weight { get; private set; }

    /// <summary>Adds <paramref name="rows"/>, [n, features] of any floating type, with row weights [n] ≥ 0 (default 1).</summary>
    /// <exception cref="ArgumentException">Not two-dimensional, or another number of features.</exception>
    public void Add(Tensor rows, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        RowBatch batch = RowBatch.Centre(rows, _mean.shape[0], weights, nameof(rows));
        if (batch.Weight == 0) return;
        double joined = Weight + batch.Weight;
        Tensor shift = batch.Mean - _mean;
        _gram.add_(batch.Weighted.t().mm(batch.Centred)).add_(shift.outer(shift), (Weight * batch.Weight / joined).ToScalar());
        _mean.add_(shift, (batch.Weight / joined).ToScalar());
        Weight = joined;
    }

    /// <summary>Mean [features].</summary>
    public Tensor Mean() => _mean.clone();

    /// <summary>Σ w (x − mean)ᵀ(x − mean), [features, features].</summary>
    public Tensor Gram() => _gram.clone();

    /// <summary><see cref="Gram"/> / <see cref="Weight"/>.</summary>
    public Tensor Covariance() => _gram / Math.Max(Weight, double.Epsilon);

    /// <summary>E[xᵀx], not centred, [features, features].</summary>
    public Tensor SecondMoment()
    {
        using Tensor outer = _mean.outer(_mean);
        using Tensor covariance = Covariance();
        return covariance + outer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mean.Dispose();
        _gram.Dispose();
    }
}

/// <summary>A batch of rows in float64, centred on its own weighted mean.</summary>
internal readonly record struct RowBatch(double Weight, Tensor Mean, Tensor Centred, Tensor Weighted)
{
    internal static RowBatch Centre(Tensor rows, long features, Tensor? weights, string parameter)
    {
        if (rows.dim() != 2 || rows.shape[1] != features)
            throw new ArgumentException($"[{string.Join(", ", rows.shape)}] given, [n, {features}] expected", parameter);
        Tensor x = rows.to(float64);
        if (weights is null)
        {
            Tensor mean = x.shape[0] == 0 ? zeros(features, float64) : x.mean([0L]);
            Tensor centred = x - mean;
            return new(x.shape[0], mean, centred, centred);
        }
        Tensor w = weights.to(float64);
        if (w.dim() != 1 || w.shape[0] != x.shape[0])
            throw new ArgumentException($"[{string.Join(", ", w.shape)}] given, [{x.shape[0]}] expected", nameof(weights));
        double total = w.sum().item<double>();
        Tensor weightedMean = total == 0 ? zeros(features, float64) : w.unsqueeze(0).mm(x).squeeze(0) / total;
        Tensor difference = x - weightedMean;
        return new(total, weightedMean, difference, difference * w.unsqueeze(1));
    }
}
