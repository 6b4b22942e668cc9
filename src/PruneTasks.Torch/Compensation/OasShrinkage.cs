using static TorchSharp.torch;

namespace PruneTasks.Torch.Compensation;

/// <summary>How much ridge a covariance estimated from few samples needs: oracle-approximating shrinkage.</summary>
public static class OasShrinkage
{
    /// <summary>Shrinkage towards a multiple of the identity, in [0, 1].</summary>
    /// <remarks>Chen, Wiesel, Eldar and Hero, "Shrinkage algorithms for MMSE covariance estimation" (2010), eq. 23. Free of the scale of the matrix.</remarks>
    /// <param name="gram">Covariance [p, p] or any multiple of it.</param>
    /// <param name="effectiveSamples">Number of independent samples; tokens of one image are not independent.</param>
    /// <exception cref="UnfitDataException">It has entries that are not finite.</exception>
    public static double Intensity(Tensor gram, double effectiveSamples)
    {
        using var scope = NewDisposeScope();
        long p = Square.Size(gram, nameof(gram));
        double trace = UnfitDataException.RequireFinite(gram.trace().item<double>()), ofSquare = UnfitDataException.RequireFinite(gram.square().sum().item<double>());
        if (trace <= 0) return 1;
        double spread = ofSquare - trace * trace / p;
        if (spread <= 0) return 1;
        double numerator = (1 - 2.0 / p) * ofSquare + trace * trace;
        return Math.Clamp(numerator / ((effectiveSamples + 1 - 2.0 / p) * spread), 0, 1);
    }

    /// <summary>Ridge λ = <see cref="Intensity"/> · tr(gram) / p, in the units of <paramref name="gram"/>: to be added to its diagonal.</summary>
    public static double Lambda(Tensor gram, double effectiveSamples)
    {
        using Tensor trace = gram.trace();
        return Intensity(gram, effectiveSamples) * trace.item<double>() / gram.shape[0];
    }
}
