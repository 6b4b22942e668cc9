using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>Compares networks with the dense one, sample by sample, on samples that decide nothing else.</summary>
public sealed class HoldOutProbe : IDisposable
{
    private const double LeastProbability = 1e-12;

    private readonly CalibrationBatches _samples;
    private readonly WatchedOutputs _output;
    private readonly Observation _observation;
    private readonly IReadOnlyList<int?>? _labels;
    private readonly List<Tensor> _dense = [];

    /// <summary>Runs the dense network once.</summary>
    /// <param name="dense">The dense network.</param>
    /// <param name="samples">Samples held back; disposed with this.</param>
    /// <param name="output">What is watched.</param>
    /// <param name="observation">How it is compared.</param>
    /// <param name="labels">Class of each sample, where known.</param>
    public HoldOutProbe(LoweredGraph dense, CalibrationBatches samples, WatchedOutputs output, Observation observation, IReadOnlyList<int?>? labels = null)
    {
        (_samples, _output, _observation, _labels) = (samples, output, observation, labels);
        using var off = no_grad();
        for (int batch = 0; batch < samples.Batches.Count; batch++) _dense.Add(output.Read(values => dense.Run(samples.Batches[batch], values)).DetachFromDisposeScope());
    }

    /// <summary>Samples held back.</summary>
    public int Samples => _samples.Samples;

    /// <summary>Runs <paramref name="network"/>.</summary>
    public HoldOutFigures Measure(LoweredGraph network)
    {
        using var off = no_grad();
        List<double> loss = [], agreement = [], drops = [];
        int first = 0;
        for (int batch = 0; batch < _dense.Count; batch++)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = _samples.Count(batch);
            Tensor a = _dense[batch].to(float64), b = _output.Read(values => network.Run(_samples.Batches[batch], values)).to(float64);
            if (_observation == Observation.SquaredError || a.ndim == 0)
            {
                loss.AddRange(PerSample((a - b).square() / (a - a.mean()).square().mean().clamp_min(1e-12), count));
                first += count;
                continue;
            }
            bool distributions = a.min().item<double>() >= 0 && (a.sum(-1) - 1).abs().max().item<double>() < 1e-3;
            Tensor p = distributions ? a.clamp_min(LeastProbability).log() : a.log_softmax(-1), q = distributions ? b.clamp_min(LeastProbability).log() : b.log_softmax(-1);
            loss.AddRange(PerSample((p.exp() * (p - q)).sum(-1), count));
            Tensor before = a.argmax(-1), after = b.argmax(-1);
            agreement.AddRange(PerSample(before.eq(after).to(float64), count));
            if (before.numel() == count) drops.AddRange(Drops(before.reshape(-1).data<long>().ToArray(), after.reshape(-1).data<long>().ToArray(), first));
            first += count;
        }
        return new HoldOutFigures(loss, agreement.Count > 0 ? agreement : null, drops.Count > 0 ? drops : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _dense) tensor.Dispose();
        _samples.Dispose();
    }

    // An output that does not count the samples along its first axis gives one figure for the batch.
    private static double[] PerSample(Tensor rows, int count) =>
        rows.ndim > 0 && rows.shape[0] == count ? rows.reshape(count, -1).mean([1L]).data<double>().ToArray() : [rows.mean().item<double>()];

    private IEnumerable<double> Drops(long[] before, long[] after, int first)
    {
        for (int i = 0; i < before.Length; i++)
            if (_labels is not null && _labels[first + i] is { } label) yield return (before[i] == label ? 1 : 0) - (after[i] == label ? 1 : 0);
    }
}
