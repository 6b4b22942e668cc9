using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>Mean and centred Gram matrix of rows that arrive in batches; sums in float64, one pass, weighted if wished.</summary>
/// <remarks>
/// Each batch is centred on its own mean and then joined by the pairwise update of Chan, Golub and LeVeque (1979), so that a mean far from zero
/// costs no digits. The products of one batch are taken in the type of its rows: float32 is twice as fast, and its error, some 1e-7 of the
/// largest entry, is far below any ridge. Not thread-safe. Tensors handed out are the caller's to dispose.
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
        Add(RowBatch.Centre(rows, _mean.shape[0], weights, nameof(rows)));
    }

    /// <summary>Adds <paramref name="rows"/>, [n, features], each with the same weight ≥ 0.</summary>
    /// <exception cref="ArgumentException">Not two-dimensional, or another number of features.</exception>
    public void Add(Tensor rows, double weight)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        Add(RowBatch.Centre(rows, _mean.shape[0], weight, nameof(rows)));
    }

    internal void Add(in RowBatch batch)
    {
        if (batch.Weight == 0) return;
        double joined = Weight + batch.Weight;
        Tensor shift = batch.Mean - _mean;
        _gram.add_(batch.Product(batch)).add_(shift.outer(shift), (Weight * batch.Weight / joined).ToScalar());
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

/// <summary>A batch of rows, centred on its own weighted mean.</summary>
/// <param name="Weight">Sum of the row weights.</param>
/// <param name="Mean">[features], float64.</param>
/// <param name="Centred">[n, features] in the type of the rows.</param>
/// <param name="Weighted">The same times the row weights, but for <paramref name="Factor"/>.</param>
/// <param name="Factor">A weight that all rows share.</param>
internal readonly record struct RowBatch(double Weight, Tensor Mean, Tensor Centred, Tensor Weighted, double Factor)
{
    /// <summary>Rows of the same weight.</summary>
    internal static RowBatch Centre(Tensor rows, long features, double weight, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(weight);
        Tensor x = Checked(rows, features, parameter);
        Tensor mean = x.shape[0] == 0 ? zeros(features, float64) : x.mean([0L], type: ScalarType.Float64);
        Tensor centred = x - mean.to(x.dtype);
        return new(x.shape[0] * weight, mean, centred, centred, weight);
    }

    /// <summary>Rows with a weight each; <see langword="null"/> is 1.</summary>
    internal static RowBatch Centre(Tensor rows, long features, Tensor? weights, string parameter)
    {
        if (weights is null) return Centre(rows, features, 1, parameter);
        Tensor x = Checked(rows, features, parameter), w = weights.to(float64);
        if (w.dim() != 1 || w.shape[0] != x.shape[0])
            throw new ArgumentException($"[{string.Join(", ", w.shape)}] given, [{x.shape[0]}] expected", nameof(weights));
        double total = w.sum().item<double>();
        Tensor mean = total == 0 ? zeros(features, float64) : w.unsqueeze(0).mm(x.to(float64)).squeeze(0) / total;
        Tensor centred = x - mean.to(x.dtype);
        return new(total, mean, centred, centred * w.to(x.dtype).unsqueeze(1), 1);
    }

    /// <summary>Σ w xᵀy over the rows of both, float64.</summary>
    internal Tensor Product(in RowBatch y)
    {
        Tensor product = Weighted.t().mm(y.Centred.to(Weighted.dtype)).to(float64);
        return Factor == 1 ? product : product * Factor;
    }

    private static Tensor Checked(Tensor rows, long features, string parameter)
    {
        if (rows.dim() != 2 || rows.shape[1] != features)
            throw new ArgumentException($"[{string.Join(", ", rows.shape)}] given, [n, {features}] expected", parameter);
        return rows.dtype is ScalarType.Float32 or ScalarType.Float64 ? rows : rows.to(float64);
    }
}
