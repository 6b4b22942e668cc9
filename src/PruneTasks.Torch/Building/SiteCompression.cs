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

    /// <summary>Adds batches.</summary>
    /// <param name="inputs">Stream that gives <see cref="Inputs"/>.</param>
    /// <param name="targets">[batch] → <see cref="Targets"/>.</param>
    /// <param name="batches">Which; all by default.</param>
    public void Gather(ActivationStream inputs, Func<int, IReadOnlyList<Tensor>> targets, IReadOnlyList<int>? batches = null) =>
        Gather([this], inputs, (batch, values) => values.Length == 0 ? [] : targets(batch), batches);

    /// <summary>Adds batches to several compressions, in one run for each batch.</summary>
    /// <param name="parts">Compressions, none of which changes what another one sees.</param>
    /// <param name="inputs">Stream that gives their <see cref="Inputs"/>.</param>
    /// <param name="targets">(batch, <see cref="Targets"/> of one) → these.</param>
    /// <param name="batches">Which; all by default.</param>
    public static void Gather(IReadOnlyList<SiteCompression> parts, ActivationStream inputs, Func<int, Value[], IReadOnlyList<Tensor>> targets, IReadOnlyList<int>? batches = null)
    {
        Value[] wanted = [.. parts.SelectMany(p => p.Inputs).Distinct()];
        foreach (int batch in batches ?? [.. Enumerable.Range(0, inputs.Batches)])
        {
            if (inputs.Weight(batch) == 0) continue;
            using DisposeScope scope = NewDisposeScope();
            IReadOnlyList<Tensor> seen = inputs.Run(batch, wanted);
            foreach (SiteCompression part in parts)
                part.Add([.. part.Inputs.Select(v => seen[Array.IndexOf(wanted, v)])], [.. targets(batch, part.Targets)], inputs.Weight(batch));
        }
    }

    /// <summary>Adds one batch of <see cref="Inputs"/> and <see cref="Targets"/>, each of whose samples counts <paramref name="weight"/> times.</summary>
    public abstract void Add(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, double weight);

    /// <summary>[units + 1]: local error with that many units kept; 0 with all of them.</summary>
    public abstract double[] Errors(LoweredGraph network);

    /// <summary>Gives <paramref name="network"/>, whose weights are still those before the site was touched, weights in which only <paramref name="keep"/> units act.</summary>
    /// <returns>Units kept, ascending, and the unexplained share of the local target.</returns>
    public abstract (IReadOnlyList<int> Kept, double Error) Apply(LoweredGraph network, int keep);

    /// <inheritdoc/>
    public abstract void Dispose();
}
