using PruneTasks.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Affine match of each output channel of a layer that was too large for a regression on its windows: y·a + c closest to the dense y, a and c folded into weights and bias.
/// </summary>
/// <remarks>The scale of least squares, cov(t, y) / var(y): it lowers the error or leaves it, which a scale that restores the deviation, σ_t / σ_y, need not.</remarks>
internal sealed class OutputMatch(ConsumerLayer layer)
{
    // A channel that says next to nothing of what it should be is shifted, not blown up or turned.
    private const double Least = 0.25, Most = 4;

    /// <summary>Runs the layer in both networks, and gives it the match. Does nothing to a layer without a bias of its own.</summary>
    /// <param name="pruned">The network that is built, before the layer.</param>
    /// <param name="dense">(batch, values) → these of the dense network.</param>
    public void Apply(ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense)
    {
        // What a recurrent layer gives is not linear in its weights.
        if (layer.Bias is null || layer.IsRecurrent) return;
        using DisposeScope scope = NewDisposeScope();
        Tensor sums = zeros(4, layer.Groups * layer.Outputs, dtype: float64);
        double weight = 0;
        for (int batch = 0; batch < pruned.Batches; batch++)
        {
            if (pruned.Weight(batch) == 0) continue;
            using DisposeScope inner = NewDisposeScope();
            Tensor y = Channels(pruned.Run(batch, layer.Output)[0]), t = Channels(dense(batch, [layer.Output])[0]);
            sums.add_(stack([.. new[] { y, t, y * y, y * t }.Select(x => x.sum([0L], type: ScalarType.Float64))]), pruned.Weight(batch).ToScalar());
            weight += y.shape[0] * pruned.Weight(batch);
        }
        if (!(weight > 0)) return;
        Tensor mean = sums / weight, variance = mean[2] - mean[0].square(), covariance = mean[3] - (mean[0] * mean[1]);
        Tensor scale = where(variance > 1e-12 * mean[2], covariance / variance.clamp_min(double.Epsilon * 1e20), ones_like(variance)).clamp(Least, Most).reshape(layer.Groups, layer.Outputs);
        Tensor shift = mean[1].reshape(scale.shape) - (scale * mean[0].reshape(scale.shape));
        layer.SetWeight(pruned.Graph, layer.Weight(pruned.Graph) * scale.unsqueeze(1));
        layer.SetBias(pruned.Graph, (layer.BiasOf(pruned.Graph) * scale) + shift);
    }

    private Tensor Channels(Tensor value) => layer.HasRows
        ? value.reshape(-1, value.shape[^1])
        : value.reshape(value.shape[0], value.shape[1], -1).transpose(1, 2).reshape(-1, value.shape[1]);
}
