using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>How far the answers of one network to two sets of samples are apart.</summary>
public static class AnswerDistance
{
    /// <summary>Mean over the batches of the observation between the answers to <paramref name="a"/> and to <paramref name="b"/>.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="output">What it answers.</param>
    /// <param name="kind">How two answers are compared.</param>
    /// <param name="a">Samples.</param>
    /// <param name="b">As many, in batches of the same sizes.</param>
    public static double Between(LoweredGraph graph, WatchedOutputs output, Observation kind, CalibrationBatches a, CalibrationBatches b)
    {
        using var off = no_grad();
        double sum = 0;
        for (int i = 0; i < a.Batches.Count; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor first = output.Read(values => graph.Run(a.Batches[i], values)), second = output.Read(values => graph.Run(b.Batches[i], values));
            sum += Observations.Of(kind, first, second) / a.Batches.Count;
        }
        return sum;
    }
}
