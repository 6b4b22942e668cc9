using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>Weights and bias of a linear map y = xW + b; the caller disposes them.</summary>
/// <param name="Weight">[features, targets].</param>
/// <param name="Bias">[targets].</param>
public sealed record LinearFit(Tensor Weight, Tensor Bias) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}

/// <summary>Closed-form refit of a linear map on the units that are kept.</summary>
public static class RidgeRefit
{
    /// <summary>min over W, b of Σ‖y − xW − b‖² + λ‖W − W_old‖²: ridge towards the old weights, so that no data means plain removal.</summary>
    /// <remarks>W = W_old + (XᵀX + λI)⁻¹(XᵀY − XᵀX·W_old), b = ȳ − x̄W with centred XᵀX, XᵀY. Float64 Cholesky.</remarks>
    /// <param name="gram">Centred XᵀX of the kept units [s, s].</param>
    /// <param name="cross">Centred XᵀY [s, o].</param>
    /// <param name="oldWeight">Rows of the old weights that are kept [s, o].</param>
    /// <param name="meanX">x̄ [s].</param>
    /// <param name="meanY">ȳ [o].</param>
    /// <param name="lambda">Ridge in units of <paramref name="gram"/>, for example <see cref="OasShrinkage.Lambda"/>.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    /// <exception cref="UnfitDataException"><paramref name="gram"/> is not positive semi-definite.</exception>
    public static LinearFit Solve(Tensor gram, Tensor cross, Tensor oldWeight, Tensor meanX, Tensor meanY, double lambda)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        ArgumentOutOfRangeException.ThrowIfNegative(lambda);
        long s = Square.Size(gram, nameof(gram));
        if (cross.dim() != 2 || cross.shape[0] != s || !cross.shape.SequenceEqual(oldWeight.shape))
            throw new ArgumentException($"cross [{string.Join(", ", cross.shape)}] and old weights [{string.Join(", ", oldWeight.shape)}] do not fit a Gram of {s}", nameof(cross));
        Tensor old = oldWeight.to(float64);
        Tensor weight = old + cholesky_solve(cross - gram.mm(old), Square.Cholesky(gram, lambda, nameof(gram)));
        Tensor bias = meanY - meanX.unsqueeze(0).mm(weight).squeeze(0);
        return new(weight.MoveToOuterDisposeScope(), bias.MoveToOuterDisposeScope());
    }

    /// <summary>Σ‖y − xW − b‖² with the best b for <paramref name="weight"/>: what is left of the centred squares of Y.</summary>
    public static double ResidualSquares(Tensor gram, Tensor cross, Tensor targetSquares, Tensor weight)
    {
        using var scope = NewDisposeScope();
        Tensor w = weight.to(float64);
        return (targetSquares.sum() - 2 * (w * cross).sum() + (w * gram.mm(w)).sum()).item<double>();
    }

    private static Tensor cholesky_solve(Tensor right, Tensor lower)
    {
        Tensor forward = linalg.solve_triangular(lower, right, upper: false);
        return linalg.solve_triangular(lower.t(), forward, upper: true);
    }
}
