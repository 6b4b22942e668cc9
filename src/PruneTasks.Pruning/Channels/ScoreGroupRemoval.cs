using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Beside the axes that <see cref="ChannelRemoval"/> shortens: columns of the layers of queries and keys, and what their values are multiplied with.</summary>
internal sealed class ScoreGroupRemoval(Graph graph, ChannelRemoval removal)
{
    private readonly HashSet<LinearView> _layers = [];
    private readonly Dictionary<(Node Node, int Input, int Axis), bool[]> _stays = [];

    /// <summary>Notes what goes at one site.</summary>
    public void Note(ScoreGroupSite site, HashSet<int> kept)
    {
        _layers.UnionWith([site.Query.Layer, site.Key.Layer]);
        foreach (ScoreCut cut in site.Cuts)
        {
            if (!_stays.TryGetValue((cut.Node, cut.Input, cut.Axis), out bool[]? stays))
            {
                _stays[(cut.Node, cut.Input, cut.Axis)] = stays = new bool[cut.UnitOf.Count];
                Array.Fill(stays, true);
            }
            for (int i = 0; i < stays.Length; i++) stays[i] &= cut.UnitOf[i] < 0 || kept.Contains(cut.UnitOf[i]);
        }
    }

    /// <summary>Cuts. Cosines and sines serve other layers, which keep others: each layer picks its own.</summary>
    public void Apply()
    {
        foreach (LinearView layer in _layers)
        {
            graph.ForgetShape(layer.Node.Outputs[0]);
            if (removal.KeptOf(layer.Output, removal.RankOf(layer.Output) - 1) is { } columns) LayerSlicer.KeepColumns(graph, layer, columns);
        }
        Dictionary<(Value Value, int Axis, string Kept), Value> picked = [];
        foreach (((Node node, int input, int axis), bool[] stays) in _stays)
        {
            long[] kept = [.. Enumerable.Range(0, stays.Length).Where(i => stays[i]).Select(i => (long)i)];
            Value whole = node.Inputs[input]!;
            var key = (whole, axis, string.Join(',', kept));
            if (!picked.TryGetValue(key, out Value? part))
            {
                // A table that others read too would be stored once more for every layer; runtimes fold the Gather of a constant when they load it.
                part = whole.Constant is { } constant && whole.Uses.All(u => _stays.TryGetValue((u.Node, u.Index, axis), out bool[]? other) && other.SequenceEqual(stays))
                    ? graph.AddInitializer(whole.Name + "_picked", LayerSlicer.Along(constant, axis, [.. kept.Select(k => (int)k)]))
                    : graph.AddNode(
                        "Gather", [whole, graph.AddInitializer(whole.Name + "_kept", TensorData.Vector(kept))], whole.Name + "_picked", node,
                        attributes: new Dictionary<string, AttributeData> { ["axis"] = (long)axis }).Outputs[0];
                picked[key] = part;
            }
            graph.SetInput(node, input, part);
        }
    }
}
