using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>What the closed forms need of symmetric matrices. Float64 in, float64 out; results belong to the current dispose scope.</summary>
internal static class Square
{
    /// <summary>Number of rows of a square float64 matrix.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    internal static long Size(Tensor matrix, string parameter)
    {
        if (matrix.dim() != 2 || matrix.shape[0] != matrix.shape[1] || matrix.dtype != float64)
            throw new ArgumentException($"{matrix.dtype} [{string.Join(", ", matrix.shape)}] given, a square float64 matrix expected", parameter);
        return matrix.shape[0];
    }

    /// <summary>Symmetric square root and its inverse of <c>matrix + ridge·(trace/n)·I</c>. A zero matrix counts as the identity.</summary>
    /// <exception cref="UnfitDataException">It has entries that are not finite.</exception>
    internal static (Tensor Root, Tensor Inverse) Roots(Tensor matrix, double ridge, string parameter)
    {
        long n = Size(matrix, parameter);
        double scale = UnfitDataException.RequireFinite(matrix.trace().item<double>()) / n;
        if (!(scale > 0)) return (eye(n, dtype: float64), eye(n, dtype: float64));
        (Tensor values, Tensor vectors) = linalg.eigh((matrix + matrix.t()) * 0.5);
        // Rounding may leave eigenvalues a little below zero.
        Tensor root = (values.clamp_min(0.0) + ridge * scale).sqrt();
        return ((vectors * root).mm(vectors.t()), (vectors / root).mm(vectors.t()));
    }

    /// <summary>Lower Cholesky factor of <c>matrix + ridge·I</c>; if that is singular, of the same with a ridge of 1e-12, 1e-11 … times the mean diagonal.</summary>
    /// <exception cref="UnfitDataException">It has entries that are not finite, or is not positive semi-definite beyond rounding.</exception>
    internal static Tensor Cholesky(Tensor matrix, double ridge, string parameter)
    {
        long n = Size(matrix, parameter);
        double scale = Math.Max(UnfitDataException.RequireFinite(matrix.trace().item<double>()) / Math.Max(n, 1), double.Epsilon * 1e20);
        double extra = 0;
        for (int attempt = 0; attempt < 10; attempt++)
        {
            Tensor regular = matrix.clone();
            regular.diagonal().add_(ridge + extra);
            (Tensor factor, Tensor info) = linalg.cholesky_ex(regular);
            if (info.item<int>() == 0) return factor;
            extra = extra == 0 ? 1e-12 * scale : extra * 10;
        }
        throw new UnfitDataException();
    }
}
