using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>The linear layers of a graph, by their output (after the bias) and by the value they read.</summary>
internal sealed class LinearLayers
{
    public LinearLayers(Graph graph)
    {
        foreach (Node node in graph.Nodes)
        {
            if (LinearView.TryGet(node) is not { } layer) continue;
            ByOutput[layer.Output] = layer;
            ByNode[node] = layer;
        }
    }

    public Dictionary<Value, LinearView> ByOutput { get; } = [];

    public Dictionary<Node, LinearView> ByNode { get; } = [];

    /// <summary>
    /// Fails if another node reads the weight: removing from it would change that node too. A shared bias is no obstacle, each
    /// rewritten layer gets a bias of its own.
    /// </summary>
    /// <exception cref="RefusedException">Shared weight.</exception>
    public static void RequireOwnWeight(LinearView layer)
    {
        if (layer.Weight.Uses.Count > 1 || layer.Weight.IsGraphOutput || layer.Weight.IsCaptured)
            throw new RefusedException(RefusalReason.SharedWeight, layer.Node, $"weight '{layer.Weight.Name}' is used by several nodes");
    }

    /// <summary>Fails if the layer, whose refit needs a bias, has none and can get none because its output is read by name.</summary>
    /// <exception cref="RefusedException">No room for a bias.</exception>
    public static void RequireRoomForBias(LinearView layer)
    {
        if (layer.Bias is null && (layer.Output.IsGraphOutput || layer.Output.IsCaptured))
            throw new RefusedException(RefusalReason.GraphOutput, layer.Node, $"'{layer.Output.Name}' has no bias and is read by name, so it cannot get one for the refit");
    }
}
