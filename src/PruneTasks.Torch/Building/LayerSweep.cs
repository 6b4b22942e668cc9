using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>What is done to one layer while two streams of activations stand before it.</summary>
internal abstract class LayerWork : IDisposable
{
    /// <summary>Values of the dense network that it should reproduce.</summary>
    public abstract Value[] Targets { get; }

    /// <summary>Changes the weights of <paramref name="pruned"/>'s network behind the cut.</summary>
    /// <param name="pruned">Stream of the network that is built.</param>
    /// <param name="dense">(batch, values) → these of <see cref="Targets"/>.</param>
    public abstract void Do(ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>
/// One way through the network, layer by layer. The dense stream gives the targets, the stream of the network that is built gives the inputs, so that each
/// layer also repairs what was done before it.
/// </summary>
internal sealed class LayerSweep(LoweredGraph dense, LoweredGraph network, CalibrationBatches calibration, LoweredGraph? goal = null)
{
    /// <summary>Works on each layer in turn.</summary>
    /// <param name="steps">Layers, in the order in which the network computes them.</param>
    /// <param name="work">What to do with one; disposed afterwards.</param>
    /// <param name="cancellationToken">Looked at between layers.</param>
    public void Run(IReadOnlyList<BuildStep> steps, Func<BuildStep, LayerWork> work, CancellationToken cancellationToken)
    {
        using DenseStream before = new(dense, goal, calibration);
        using ActivationStream now = new(network, calibration);
        for (int i = 0; i < steps.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            now.Advance(steps[i].Position);
            if (i == 0) before.Advance(steps[i].Position);
            using LayerWork layer = work(steps[i]);
            Value[] wanted = [.. layer.Targets.Distinct()];
            if (steps[i].IsWide)
            {
                // Values of all batches far behind the step would fill the memory: they are computed when they are asked for.
                if (i > 0) before.Advance(steps[i].Position);
                layer.Do(now, before.Run);
                continue;
            }
            // The dense stream moves on to the next layer in the same run that computes the targets.
            int next = i + 1 < steps.Count ? steps[i + 1].Position : steps[i].Position;
            IReadOnlyList<IReadOnlyList<Tensor>> captured = before.Advance(next, wanted);
            layer.Do(now, (batch, values) => [.. values.Select(v => captured[batch][Array.IndexOf(wanted, v)])]);
        }
    }
}
