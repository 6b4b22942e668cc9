namespace PruneTasks.Onnx.Serialization;

/// <summary>Puts nodes into topological order where a file breaks the rule; nodes that are in order keep their places.</summary>
internal static class TopologicalOrder
{
    /// <exception cref="OnnxFormatException">The nodes form a cycle.</exception>
    public static void Establish(Graph graph, long position)
    {
        if (IsEstablished(graph)) return;
        var indexOf = new Dictionary<Node, int>();
        for (int i = 0; i < graph.Nodes.Count; i++) indexOf.Add(graph.Nodes[i], i);
        var open = new int[graph.Nodes.Count];
        var ready = new PriorityQueue<Node, int>();
        foreach ((Node node, int index) in indexOf)
        {
            open[index] = node.Inputs.OfType<Value>().Concat(node.Captured).Count(v => v.Producer is not null);
            if (open[index] == 0) ready.Enqueue(node, index);
        }
        var order = new List<Node>(graph.Nodes.Count);
        while (ready.TryDequeue(out Node? node, out _))
        {
            order.Add(node);
            foreach (Node reader in node.Outputs.SelectMany(o => o.Uses.Select(u => u.Node).Concat(o.Capturers)))
            {
                int user = indexOf[reader];
                if (--open[user] == 0) ready.Enqueue(reader, user);
            }
        }
        if (order.Count < graph.Nodes.Count) throw new OnnxFormatException(OnnxFormatError.Cycle, position, "the nodes form a cycle");
        graph.Reorder(order);
    }

    private static bool IsEstablished(Graph graph)
    {
        var done = new HashSet<Node>();
        foreach (Node node in graph.Nodes)
        {
            if (node.Reads.Any(v => v.Producer is { } producer && !done.Contains(producer))) return false;
            done.Add(node);
        }
        return true;
    }
}
