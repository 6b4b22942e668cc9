using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Finds the values of a network that hold infinities, what is no number, or numbers that are far too large.</summary>
public static class LargeNumbers
{
    /// <summary>Statistics are sums of products: with larger numbers nothing is left of the digits of others.</summary>
    public const double Most = 1e12;

    /// <summary>Runs the whole network.</summary>
    /// <returns>The largest number of each such value, or of those that are not finite <see cref="double.NaN"/>; values of constants alone too.</returns>
    public static IReadOnlyDictionary<Value, double> Among(LoweredGraph network, CalibrationBatches samples)
    {
        Dictionary<Value, double> found = [];
        using var off = no_grad();
        foreach (IReadOnlyDictionary<Value, Tensor> batch in samples.Batches)
        {
            using DisposeScope scope = NewDisposeScope();
            _ = network.Compute(batch, network.Graph.Outputs, Look);
        }
        return found;

        void Look(Value value, Tensor content)
        {
            if (!content.is_floating_point() || content.numel() == 0) return;
            using DisposeScope scope = NewDisposeScope();
            // The largest of numbers of which one is none is none.
            double most = content.abs().max().to(ScalarType.Float64).item<double>();
            if (!double.IsFinite(most)) found[value] = double.NaN;
            else if (most > Most) found[value] = Math.Max(most, found.GetValueOrDefault(value));
        }
    }
}
