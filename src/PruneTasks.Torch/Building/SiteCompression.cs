using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Closed-form compression of one site: gathers statistics batch by batch, then narrows the site to any number of units.</summary>
internal abstract class SiteCompression : IDisposable
{
    /// <summary>Values of the stream that the compressed network will see.</summary>
    public abstract Value[] Inputs { get; }

    /// <summary>Values of the dense network that it should reproduce.</summary>
    public virtual Value[] Targets => [];

    /// <summary>Adds all batches.</summary>
    /// <param name="inputs">Stream that gives <see cref="Inputs"/>.</param>
    /// <param name="targets">[batch] → <see cref="Targets"/>.</param>
    public void Gather(ActivationStream inputs, Func<int, IReadOnlyList<Tensor>> targets)
    {
        for (int batch = 0; batch < inputs.Batches; batch++)
        {
            using DisposeScope scope = NewDisposeScope();
            Add([.. inputs.Run(batch, Inputs)], Targets.Length == 0 ? [] : [.. targets(batch)]);
        }
    }

    /// <summary>Adds one batch of <see cref="Inputs"/> and <see cref="Targets"/>.</summary>
    public abstract void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets);

    /// <summary>[units + 1]: local error with that many units kept; 0 with all of them.</summary>
    public abstract double[] Errors(LoweredGraph network);

    /// <summary>Gives <paramref name="network"/>, whose weights are still those before the site was touched, weights in which only <paramref name="keep"/> units act.</summary>
    /// <returns>Units kept, ascending, and the unexplained share of the local target.</returns>
    public abstract (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep);

    /// <inheritdoc/>
    public abstract void Dispose();
}
