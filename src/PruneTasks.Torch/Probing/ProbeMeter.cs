using PruneTasks.Onnx;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Pricing;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Probing;

/// <summary>Readings of some probes.</summary>
/// <param name="Probes">One for each probe, in the order given.</param>
/// <param name="Passes">Forward passes over the watched samples, a run from the middle of the network counted as its share; the dense pass included.</param>
public sealed record ProbeReadings(IReadOnlyList<ProbeReading> Probes, double Passes)
{
    /// <summary>[probe] mean over samples.</summary>
    public double[] Means(ProbeObservation observation) => [.. Probes.Select(p => p.Mean(observation))];

    /// <summary>[sample][probe], as a partition wants it.</summary>
    public double[][] BySample(ProbeObservation observation)
    {
        double[][] columns = [.. Probes.Select(p => p.PerSample[observation])];
        return [.. Enumerable.Range(0, columns[0].Length).Select(s => (double[])[.. columns.Select(c => c[s])])];
    }
}

/// <summary>Switches off sets of groups on the real network and observes the answer.</summary>
public static class ProbeMeter
{
    /// <summary>Measures; <paramref name="dense"/> is not changed.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dense">The same, lowered.</param>
    /// <param name="groups">All groups.</param>
    /// <param name="probes">Indices of the groups that are off together; none: the dense network itself.</param>
    /// <param name="calibration">Samples that are watched.</param>
    /// <param name="output">What is watched.</param>
    /// <param name="distribution">Whether its last axis is one distribution over classes.</param>
    /// <param name="cancellationToken">Looked at between probes.</param>
    /// <param name="progress">Told how many probes are done, of how many; may be <see langword="null"/>.</param>
    /// <remarks>Probes are run in the order of the first node that they change, so that what comes before is computed once for all.</remarks>
    public static ProbeReadings Measure(
        OnnxModel model, LoweredGraph dense, IReadOnlyList<ProbeGroup> groups, IReadOnlyList<IReadOnlyList<int>> probes, CalibrationBatches calibration,
        WatchedOutputs output, bool distribution, CancellationToken cancellationToken, Action<int, int>? progress = null)
    {
        using var off = no_grad();
        using DisposeScope outer = NewDisposeScope();
        using ActivationStream stream = new(dense, calibration);
        ProbeAnswer[] answers = [.. Enumerable.Range(0, stream.Batches).Select(b => ProbeAnswer.Of(output.Read(values => stream.Run(b, values)), distribution))];
        var readings = new ProbeReading[probes.Count];
        double passes = 1;
        int cut = 0, done = 0;
        foreach ((int i, int position) in probes.Select((p, i) => (i, Position: p.Select(g => groups[g].Position).DefaultIfEmpty(0).Min())).OrderBy(p => p.Position))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            if (position > cut) stream.Advance(cut = position);
            using LoweredGraph changed = dense.Fork();
            ProbeGroup.Apply(dense, changed, [.. probes[i].Select(g => groups[g])]);
            readings[i] = ProbeReading.Join([.. Enumerable.Range(0, stream.Batches).Select(b => Read(b, changed))]);
            passes += 1 - ((double)cut / model.Graph.Nodes.Count);
            progress?.Invoke(++done, probes.Count);
        }
        return new ProbeReadings(readings, passes);

        ProbeReading Read(int batch, LoweredGraph changed)
        {
            using DisposeScope scope = NewDisposeScope();
            return answers[batch].Compare(output.Read(values => stream.Run(changed, batch, values)));
        }
    }

    /// <summary>Passes that measuring each group alone would take, prefixes computed once.</summary>
    public static double PassesAlone(OnnxModel model, IReadOnlyList<ProbeGroup> groups) => 1 + groups.Sum(g => 1 - ((double)g.Position / model.Graph.Nodes.Count));
}
