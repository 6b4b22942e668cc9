using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exporters store equal constants once: all zero biases of one length, all scales of one. Layers that share such a vector would only lose the same channels together,
/// so every reader gets a vector of its own: the same numbers, in another place.
/// </summary>
internal static class SharedVectors
{
    /// <summary>Most entries of what is stored again; vectors of layers have no more.</summary>
    private const int Most = 1 << 16;

    /// <summary>Gives every reader of a shared vector its own.</summary>
    /// <returns>Number of vectors that were added.</returns>
    public static int Split(Graph graph)
    {
        int added = 0;
        foreach (Value vector in Vectors(graph).ToArray())
        {
            foreach (Use use in vector.Uses.Skip(1).ToArray())
            {
                graph.SetInput(use.Node, use.Index, graph.AddInitializer($"{vector.Name}_of_{use.Node.Outputs[0].Name}", vector.Constant!));
                added++;
            }
        }
        if (added > 0) graph.RemoveUnused();
        return added;
    }

    private static IEnumerable<Value> Vectors(Graph graph) =>
        graph.Initializers.Concat(graph.Nodes.Where(n => n is { OpType: "Constant", Domain: "" }).Select(n => n.Outputs[0])).Where(v =>
            v is { IsGraphOutput: false, IsCaptured: false, Uses.Count: > 1, Constant: { Count: > 1 and <= Most } content }
            && content.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16
            // One axis, or states of a recurrent layer: these have one for the directions too.
            && (content.Shape.Count(size => size > 1) == 1 || v.Uses.All(u => u.Node is { Domain: "", OpType: "LSTM" or "GRU" or "RNN" } && u.Index is 3 or 5 or 6 or 7)));
}
