using PruneTasks.Onnx;

namespace PruneTasks.Torch.Building;

/// <summary>What the activations of one sample take in float32.</summary>
/// <param name="WidestCut">Bytes of all values that are still needed behind the cut where these are most: what a stream keeps of each sample.</param>
/// <param name="Widest">Bytes of the largest value: what a run needs a few of beside that.</param>
public readonly record struct ActivationMemory(long WidestCut, long Widest)
{
    /// <summary>Counts over the whole graph; values of unknown shape are left out.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="oneSample">Shapes with the batch axis bound to 1.</param>
    public static ActivationMemory Of(Graph graph, InferredShapes oneSample)
    {
        Dictionary<Node, int> position = graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        var change = new long[graph.Nodes.Count + 2];
        long widest = 0, cut = 0, now = 0;
        foreach (Value value in graph.Inputs.Concat(graph.Nodes.Where(n => n.OpType != "Constant").SelectMany(n => n.Outputs)))
        {
            if (value.Uses.Count == 0 || oneSample.ShapeOf(value) is not { } shape) continue;
            // What a damaged file claims may be more than a number holds; it is then more than any machine has, too.
            long bytes = (long)Math.Min(shape.Aggregate(4.0, (a, b) => a * b), 1L << 50);
            widest = Math.Max(widest, bytes);
            change[value.Producer is { } maker ? position[maker] + 1 : 0] += bytes;
            change[value.Uses.Max(u => position[u.Node]) + 1] -= bytes;
        }
        foreach (long step in change)
        {
            now += step;
            cut = Math.Max(cut, now);
        }
        return new(cut, widest);
    }
}
