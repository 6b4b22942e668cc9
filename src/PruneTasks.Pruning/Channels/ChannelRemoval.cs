using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Takes channels out of a graph: of all sites at once, since several may share an axis.</summary>
internal sealed class ChannelRemoval
{
    private readonly Graph _graph;
    private readonly Dictionary<(Value Value, int Axis), bool[]> _stays = [];

    private readonly Func<Value, int> _rank;

    private ChannelRemoval(Graph graph, Func<Value, int> rank) => (_graph, _rank) = (graph, rank);

    /// <summary>Removes; sizes in shape arithmetic are left to <paramref name="patcher"/>.</summary>
    public static void Apply(OnnxModel model, IEnumerable<SiteRemoval> removals, ShapePatcher patcher, ShapeInvariants invariants)
    {
        ChannelRemoval removal = new(model.Graph, patcher.RankOf);
        ScoreGroupRemoval scores = new(model.Graph, removal);
        foreach (SiteRemoval r in removals.Where(r => r.Site is ChannelSite or ScoreGroupSite))
        {
            HashSet<int> kept = [.. r.Kept];
            foreach (AffectedAxis axis in r.Site.Affected) removal.Note(axis.Value, axis.Axis, axis.UnitOf, kept);
            foreach (ConstantAxis axis in (r.Site as ChannelSite)?.Constants ?? []) removal.Note(axis.Constant, axis.Axis, axis.UnitOf, kept);
            if (r.Site is ScoreGroupSite group) scores.Note(group, kept);
        }
        if (removal._stays.Count == 0) return;
        // While the constants still have their sizes: what a node says of them is in old coordinates.
        ChannelPatches patches = new(model, removal, patcher, invariants);
        foreach (Node node in removal.Touched()) patches.Apply(node);
        foreach (((Value value, int axis), bool[] stays) in removal._stays)
        {
            if (value.Constant is null) patcher.Shorten(new AffectedAxis(value, axis, new int[stays.Length]), stays.Count(s => s));
            else removal.Cut(value, axis, stays);
        }
        scores.Apply();
    }

    /// <summary>Coordinates of an axis that stay, ascending; <see langword="null"/> if all do.</summary>
    public int[]? KeptOf(Value value, int axis) =>
        _stays.TryGetValue((value, axis), out bool[]? stays) ? [.. Enumerable.Range(0, stays.Length).Where(i => stays[i])] : null;

    /// <summary>Number of axes of a value.</summary>
    public int RankOf(Value value) => _rank(value);

    private void Note(Value value, int axis, IReadOnlyList<int> unitOf, HashSet<int> kept)
    {
        if (!_stays.TryGetValue((value, axis), out bool[]? stays))
        {
            _stays[(value, axis)] = stays = new bool[unitOf.Count];
            Array.Fill(stays, true);
        }
        for (int i = 0; i < stays.Length; i++) stays[i] &= unitOf[i] < 0 || kept.Contains(unitOf[i]);
    }

    private Node[] Touched()
    {
        HashSet<Value> values = [.. _stays.Keys.Select(k => k.Value)];
        return [.. _graph.Nodes.Where(n => n.Outputs.Any(values.Contains) || n.Inputs.Any(i => i is not null && values.Contains(i)))];
    }

    private void Cut(Value constant, int axis, bool[] stays)
    {
        TensorData data = LayerSlicer.Along(constant.Constant!, axis, [.. Enumerable.Range(0, stays.Length).Where(i => stays[i])]);
        if (constant.IsInitializer)
        {
            _graph.SetInitializer(constant, data);
            return;
        }
        // A Constant node: one initializer takes the place of all its uses, and is cut again where another axis is.
        Value own = _graph.AddInitializer(constant.Name + "_pruned", data);
        _graph.ReplaceUses(constant, own);
        foreach (((Value value, int other), bool[] rest) in _stays.ToArray())
        {
            if (value != constant || other <= axis) continue;
            _stays.Remove((value, other));
            Cut(own, other, rest);
        }
    }
}
