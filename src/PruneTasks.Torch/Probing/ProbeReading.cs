using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Probing;

/// <summary>What is observed of a changed network.</summary>
public enum ProbeObservation
{
    /// <summary>KL(dense ‖ changed) of the answers, nats.</summary>
    Divergence,

    /// <summary>Mean squared difference of the logits, each row centred (softmax ignores its mean); for outputs that are no distribution, of the values, as a share of the dense variance.</summary>
    LogitError,

    /// <summary>H(changed) − H(dense) of the answers, nats. It can fall while answers go wrong: to be reported, not to be decided by.</summary>
    EntropyIncrease,
}

/// <summary>One probe: for each observation one figure per sample. Without distributions there is only <see cref="ProbeObservation.LogitError"/>.</summary>
public sealed record ProbeReading(IReadOnlyDictionary<ProbeObservation, double[]> PerSample)
{
    /// <summary>Mean over the samples.</summary>
    public double Mean(ProbeObservation observation) => PerSample[observation].Average();

    /// <summary>Joins the samples of several batches.</summary>
    internal static ProbeReading Join(IReadOnlyList<ProbeReading> batches) =>
        new(batches[0].PerSample.Keys.ToDictionary(o => o, o => (double[])[.. batches.SelectMany(b => b.PerSample[o])]));
}

/// <summary>An answer, ready to be compared: log-probabilities [samples, rows, classes], or the values themselves.</summary>
/// <param name="Values">Float64.</param>
/// <param name="Distribution">Whether they are log-probabilities.</param>
internal sealed record ProbeAnswer(Tensor Values, bool Distribution)
{
    /// <summary>From an output of the network; its first axis is the batch, if it has more than one.</summary>
    /// <param name="output">The output: logits, or probabilities.</param>
    /// <param name="distribution">Whether the last axis is one distribution over classes.</param>
    public static ProbeAnswer Of(Tensor output, bool distribution)
    {
        Tensor values = output.to(float64);
        values = values.ndim < 2 ? values.reshape(1, 1, -1) : values.reshape(values.shape[0], -1, values.shape[^1]);
        if (!distribution) return new ProbeAnswer(values, false);
        bool probabilities = values.min().item<double>() >= 0 && (values.sum(-1) - 1).abs().max().item<double>() < 1e-3;
        return new ProbeAnswer(probabilities ? values.clamp_min(1e-12).log() : values.log_softmax(-1), true);
    }

    /// <summary>Compares the answer of a changed network with this, the dense one.</summary>
    public ProbeReading Compare(Tensor output)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor changed = Of(output, Distribution).Values;
        if (!Distribution)
        {
            Tensor variance = (Values - Values.mean()).square().mean().clamp_min(1e-12);
            return new ProbeReading(new Dictionary<ProbeObservation, double[]> { [ProbeObservation.LogitError] = Samples(((changed - Values).square() / variance).mean([-1L])) });
        }
        Tensor p = Values.exp(), difference = Values - changed;
        return new ProbeReading(new Dictionary<ProbeObservation, double[]>
        {
            [ProbeObservation.Divergence] = Samples((p * difference).sum(-1)),
            [ProbeObservation.LogitError] = Samples((difference - difference.mean([-1L], keepdim: true)).square().mean([-1L])),
            [ProbeObservation.EntropyIncrease] = Samples((p * Values).sum(-1) - (changed.exp() * changed).sum(-1)),
        });
    }

    /// <summary>[samples, rows] → mean of each sample.</summary>
    private static double[] Samples(Tensor rows) => rows.mean([1L]).contiguous().data<double>().ToArray();
}
