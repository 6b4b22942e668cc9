using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Carries out a <see cref="TokenSlicePlan"/>.</summary>
internal sealed class TokenSliceEditor(OnnxModel model, ShapeInvariants invariants, TokenSlicePlan plan)
{
    private readonly Graph _graph = model.Graph;
    private readonly ShapePatcher _patcher = new(model.Graph, invariants);

    private int Kept => plan.Readers.Tokens.Count;

    /// <summary>Edits the graph.</summary>
    public void Apply()
    {
        Value[] shortened = [.. plan.Nodes.Keys.SelectMany(n => n.Outputs).Where(plan.Places.ContainsKey)];
        foreach (Node node in _graph.Nodes.Where(plan.Nodes.ContainsKey).ToArray())
        {
            if (node is not { OpType: "Reshape", Domain: "" }) continue;
            TokenPlace from = plan.Nodes[node][0].Place, to = plan.Places[node.Outputs[0]];
            Dictionary<int, long> changes = ReshapeTarget.Changes(node, from, to, Kept, plan.Rules, invariants)!;
            if (changes.Count > 0) _graph.SetInput(node, 1, _patcher.Override(node.Inputs[1]!, changes, node));
        }
        foreach (Value value in shortened)
            foreach (Use use in value.Uses.Where(u => u.Node.OpType == "Shape").ToArray()) KeepShape(use.Node, value);
        plan.Readers.Redirect(_graph, model, invariants);
        foreach ((Value value, IReadOnlyList<Use> uses) in plan.Cuts)
        {
            Value picked = Pick(value, plan.Places[value].Axis, plan.Readers.Tokens, "tokens", uses[0].Node);
            foreach (Use use in uses) _graph.SetInput(use.Node, use.Index, picked);
        }
        foreach (Value value in shortened) _graph.ForgetShape(value);
        _graph.RemoveUnused();
    }

    private Value Pick(Value value, int axis, IReadOnlyList<long> indices, string name, Node before) => _graph.AddNode(
        "Gather", [value, _graph.AddInitializer($"{value.Name}_{name}_indices", TensorData.Vector([.. indices]))], $"{value.Name}_{name}", before,
        attributes: new Dictionary<string, AttributeData> { ["axis"] = (long)axis }).Outputs[0];

    /// <summary>Readers of Shape see the size that the value had: what exporters compute from it (other values' shapes, scales) does not move.</summary>
    private void KeepShape(Node shape, Value value)
    {
        int rank = plan.Rules.Shapes(value)![0].Count, at = plan.Places[value].Axis - Start(shape, rank);
        Value sizes = shape.Outputs[0];
        if (invariants.ElementCount(sizes) is not { } count || at < 0 || at >= count) return;
        Use[] readers = [.. sizes.Uses.Where(u => !IsOtherElement(u, at))];
        if (readers.Length == 0 && !sizes.IsGraphOutput && !sizes.IsCaptured) return;
        Node after = readers.Select(r => r.Node).MinBy(_graph.Nodes.ToList().IndexOf)!;
        Value old = Times(sizes, count, at, after);
        foreach (Use reader in readers) _graph.SetInput(reader.Node, reader.Index, old);
    }

    /// <summary>The sizes with the one at <paramref name="at"/> times the number of tokens, over the number of tokens kept.</summary>
    private Value Times(Value sizes, int count, int at, Node before)
    {
        Value dense = TokenCount(before);
        Value factors = dense;
        if (count > 1)
        {
            factors = _graph.AddNode(
                "Concat",
                [.. Enumerable.Range(0, count).Select(i => i == at ? dense : _graph.AddInitializer(sizes.Name + "_one", TensorData.Vector(1)))],
                sizes.Name + "_factors", before, attributes: new Dictionary<string, AttributeData> { ["axis"] = 0L }).Outputs[0];
        }
        if (dense.Constant is { } constant)
            factors = _graph.AddInitializer(sizes.Name + "_factors", TensorData.Vector([.. Enumerable.Range(0, count).Select(i => i == at ? constant.ToInt64s()[0] : 1)]));
        Value product = _graph.AddNode("Mul", [sizes, factors], sizes.Name + "_all", before).Outputs[0];
        if (Kept == 1) return product;
        Value kept = _graph.AddInitializer(sizes.Name + "_kept", TensorData.Vector([.. Enumerable.Range(0, count).Select(i => i == at ? Kept : 1L)]));
        return _graph.AddNode("Div", [product, kept], sizes.Name + "_dense", before).Outputs[0];
    }

    /// <summary>How many tokens there were, as a vector of one element.</summary>
    private Value TokenCount(Node before)
    {
        if (plan.Cuts.Keys.Select(v => (Value: v, Size: invariants.ShapeOf(v)?[plan.Places[v].Axis])).FirstOrDefault(v => v.Size is not null) is { Value: { } known, Size: { } size })
            return _graph.AddInitializer(known.Name + "_tokens_all", TensorData.Vector(size));
        Value source = plan.Cuts.Keys.First(v => v.Producer is null || Position(v.Producer) < Position(before));
        Value sizes = _graph.AddNode("Shape", [source], source.Name + "_sizes", before).Outputs[0];
        return Pick(sizes, 0, [plan.Places[source].Axis], "axis", before);

        int Position(Node node) => _graph.Nodes.ToList().IndexOf(node);
    }

    private static int Start(Node shape, int rank)
    {
        int start = (int)shape.Int("start", 0);
        return Math.Clamp(start < 0 ? start + rank : start, 0, rank);
    }

    /// <summary>Reads single elements, and not the one at <paramref name="at"/>.</summary>
    private bool IsOtherElement(Use use, int at) =>
        use is { Index: 0, Node: { OpType: "Gather", Domain: "" } node } && node.Inputs[1] is { } indices
        && invariants.ContentOf(indices) is { } content && content.ToInt64s().All(i => i >= 0 && i != at);
}
