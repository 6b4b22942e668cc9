using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>What a linear regression of Y on X needs, from rows that arrive in batches: means, centred XᵀX, XᵀY and the squares of Y.</summary>
/// <remarks>As <see cref="MomentAccumulator"/>: sums in float64, one pass, pairwise update. Not thread-safe. Tensors handed out are the caller's.</remarks>
public sealed class CrossMomentAccumulator : IDisposable
{
    private readonly MomentAccumulator _x;
    private readonly Tensor _meanX;
    private readonly Tensor _meanY;
    private readonly Tensor _cross;
    private readonly Tensor _squares;

    /// <summary>Starts empty for rows of X with <paramref name="features"/> numbers and of Y with <paramref name="targets"/>.</summary>
    public CrossMomentAccumulator(long features, long targets)
    {
        _x = new(features);
        _meanX = zeros(features, float64).DetachFromDisposeScope();
        _meanY = zeros(targets, float64).DetachFromDisposeScope();
        _cross = zeros(features, targets, dtype: float64).DetachFromDisposeScope();
        _squares = zeros(targets, float64).DetachFromDisposeScope();
    }

    /// <summary>Sum of the row weights; the number of rows if none were given.</summary>
    public double Weight => _x.Weight;

    /// <summary>Adds rows <paramref name="x"/> [n, features] and <paramref name="y"/> [n, targets] with row weights [n] ≥ 0 (default 1).</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public void Add(Tensor x, Tensor y, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        Add(RowBatch.Centre(x, _meanX.shape[0], weights, nameof(x)), RowBatch.Centre(y, _meanY.shape[0], weights, nameof(y)), x, y);
    }

    /// <summary>Adds rows <paramref name="x"/> [n, features] and <paramref name="y"/> [n, targets], each with the same weight ≥ 0.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public void Add(Tensor x, Tensor y, double weight)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        Add(RowBatch.Centre(x, _meanX.shape[0], weight, nameof(x)), RowBatch.Centre(y, _meanY.shape[0], weight, nameof(y)), x, y);
    }

    /// <summary>Mean of X [features].</summary>
    public Tensor MeanX() => _meanX.clone();

    /// <summary>Mean of Y [targets].</summary>
    public Tensor MeanY() => _meanY.clone();

    /// <summary>Centred Σ w xᵀx, [features, features].</summary>
    public Tensor Gram() => _x.Gram();

    /// <summary>Centred Σ w xᵀy, [features, targets].</summary>
    public Tensor Cross() => _cross.clone();

    /// <summary>Centred Σ w y², [targets].</summary>
    public Tensor TargetSquares() => _squares.clone();

    private void Add(in RowBatch bx, in RowBatch by, Tensor x, Tensor y)
    {
        if (x.shape[0] != y.shape[0]) throw new ArgumentException($"{x.shape[0]} rows of X, {y.shape[0]} of Y", nameof(y));
        if (bx.Weight == 0) return;
        double joined = Weight + bx.Weight;
        var between = (Weight * bx.Weight / joined).ToScalar();
        var share = (bx.Weight / joined).ToScalar();
        Tensor shiftX = bx.Mean - _meanX, shiftY = by.Mean - _meanY;
        _cross.add_(bx.Product(by)).add_(shiftX.outer(shiftY), between);
        _squares.add_((by.Weighted * by.Centred).sum([0L], type: ScalarType.Float64), by.Factor.ToScalar()).add_(shiftY * shiftY, between);
        _meanX.add_(shiftX, share);
        _meanY.add_(shiftY, share);
        _x.Add(bx);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _x.Dispose();
        _meanX.Dispose();
        _meanY.Dispose();
        _cross.Dispose();
        _squares.Dispose();
    }
}
