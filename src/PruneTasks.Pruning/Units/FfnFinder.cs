using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Finds feed-forward widths: the last axis of a linear layer's output, followed through elementwise operators (and moves of the lead axes) in both directions until
/// it ends in linear layers that sum over it. Covers plain, GELU- and SiLU-style (also written out in elementary operators) and gated blocks.
/// </summary>
internal sealed class FfnFinder(LinearLayers layers, LayoutOperators layout, OperatorTable operators)
{
    private sealed class Walk
    {
        public HashSet<Value> Seen { get; } = [];
        public Queue<Value> Open { get; } = new();
        public List<LinearView> Producers { get; } = [];
        public List<LinearView> Consumers { get; } = [];
        public List<ConstantOperand> Constants { get; } = [];

        /// <summary>Means over the axis that were met; <see langword="null"/> if they are an obstacle.</summary>
        public List<Node>? Means { get; init; }

        public void Add(Value value)
        {
            if (Seen.Add(value)) Open.Enqueue(value);
        }
    }

    /// <summary>The site whose first producer is <paramref name="start"/>.</summary>
    /// <exception cref="RefusedException">The axis meets something through which removal is not known to pass.</exception>
    public FfnSite Find(LinearView start) => Find(start, new Walk());

    /// <summary>As <see cref="Find(LinearView)"/>, where means over the axis and normalisations over it are no obstacle; these are listed.</summary>
    /// <exception cref="RefusedException">The axis meets something else through which removal is not known to pass.</exception>
    public (FfnSite Site, IReadOnlyList<Node> Means) FindBetweenMeans(LinearView start)
    {
        Walk walk = new() { Means = [] };
        return (Find(start, walk), walk.Means);
    }

    private FfnSite Find(LinearView start, Walk walk)
    {
        int[] shape = layout.ShapeOf(start.Output, start.Node);
        int units = shape[^1];
        walk.Add(start.Output);
        while (walk.Open.TryDequeue(out Value? value))
        {
            if (layout.ShapeOf(value)[^1] != units) throw new RefusedException(RefusalReason.Layout, value.Producer, "the hidden axis changes its size");
            if (value.IsGraphOutput) throw new RefusedException(RefusalReason.GraphOutput, value.Producer, $"'{value.Name}' is an output of the model");
            if (value.IsCaptured) throw new RefusedException(RefusalReason.CapturedBySubgraph, value.Producer, $"'{value.Name}' is read by a control-flow body");
            Backward(value, walk);
            foreach (Use use in value.Uses) Forward(value, use.Node, walk);
        }
        if (walk.Consumers.Count == 0) throw new RefusedException(RefusalReason.Barrier, start.Node, "no linear layer reads the hidden axis");
        foreach (LinearView layer in walk.Producers.Concat(walk.Consumers)) LinearLayers.RequireOwnWeight(layer);
        foreach (LinearView layer in walk.Consumers) LinearLayers.RequireRoomForBias(layer);
        if (walk.Producers.Any(p => walk.Consumers.Any(c => c.Node == p.Node)))
            throw new RefusedException(RefusalReason.ResidualStream, start.Node, "a layer both makes and reads the axis");
        // What one layer reads follows from what another gave: they are not repaired side by side, but as layers of channels are.
        if (walk.Consumers.FirstOrDefault(c => c.OutFeatures == 1 && ComesBack(c, walk)) is { } back)
            throw new RefusedException(RefusalReason.Barrier, back.Node, "the hidden axis is scaled by a number that is made of it");
        AffectedAxis[] affected = [.. walk.Seen.Select(v => new AffectedAxis(v, layout.ShapeOf(v).Length - 1, [.. Enumerable.Range(0, units)]))];
        return new FfnSite(walk.Consumers[^1].Output.Name, units, affected, start.Node, walk.Producers, walk.Consumers, walk.Constants);
    }

    /// <summary>Through what works element by element, a number that the layer gives meets the axis again.</summary>
    private bool ComesBack(LinearView layer, Walk walk)
    {
        HashSet<Value> seen = [layer.Output];
        Queue<Value> open = new(seen);
        while (open.TryDequeue(out Value? value))
        {
            if (walk.Seen.Contains(value)) return true;
            foreach (Node node in value.Uses.Select(u => u.Node).Where(n => operators.Find(n)?.Behaviour is AxisBehaviour.Unary or AxisBehaviour.Binary))
                if (seen.Add(node.Outputs[0])) open.Enqueue(node.Outputs[0]);
        }
        return false;
    }

    private void Backward(Value value, Walk walk)
    {
        if (layers.ByOutput.TryGetValue(value, out LinearView? layer))
        {
            walk.Producers.Add(layer);
            return;
        }
        Node node = value.Producer ?? throw new RefusedException(RefusalReason.Barrier, null, $"the hidden axis comes from the model input '{value.Name}'");
        if (walk.Means is not null && MeanLayers.IsNormalization(node)) walk.Add(node.Inputs[0]!);
        else Elementwise(node, value, walk);
    }

    private void Forward(Value value, Node node, Walk walk)
    {
        if (node.OpType == "Shape") return;
        if (layers.ByNode.TryGetValue(node, out LinearView? layer) && layer.Input == value)
        {
            walk.Consumers.Add(layer);
            return;
        }
        if (walk.Means is { } means && MeanLayers.IsMean(node, layout.ShapeOf(value, node).Length))
        {
            if (!means.Contains(node)) means.Add(node);
            if (MeanLayers.IsNormalization(node)) walk.Add(node.Outputs[0]);
            return;
        }
        Elementwise(node, value, walk);
        walk.Add(node.Outputs[0]);
    }

    /// <summary>Moves that leave the hidden axis last and whole: many exporters join the lead axes around a matrix product.</summary>
    private bool IsRowMove(Node node) =>
        node is { Domain: "", OpType: "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Transpose" }
        && node.Inputs[0] is { Constant: null } data
        && layout.ShapeOf(data, node) is [.., var from] && layout.ShapeOf(node.Outputs[0], node) is [.., var to] && from == to
        && (node.OpType != "Transpose" || (node.Ints("perm") is { } perm && perm[^1] == perm.Count - 1));

    /// <summary>Adds the activations that <paramref name="node"/> joins element by element along the hidden axis, and its constants.</summary>
    private void Elementwise(Node node, Value on, Walk walk)
    {
        if (IsRowMove(node))
        {
            walk.Add(node.Inputs[0]!);
            walk.Add(node.Outputs[0]);
            return;
        }
        AxisBehaviour behaviour = operators.Find(node)?.Behaviour ?? AxisBehaviour.Barrier;
        if (behaviour is not (AxisBehaviour.Unary or AxisBehaviour.Binary))
        {
            RefusalReason reason = behaviour is AxisBehaviour.Normalization or AxisBehaviour.Softmax or AxisBehaviour.Reduce ? RefusalReason.NormalizedAxis : RefusalReason.Barrier;
            throw new RefusedException(reason, node, $"the hidden axis meets {node.OpType}");
        }
        int rank = layout.ShapeOf(node.Outputs[0], node).Length, units = layout.ShapeOf(on, node)[^1];
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            if (node.Inputs[i] is not { } input) continue;
            int[] shape = layout.ShapeOf(input, node);
            bool alongUnits = shape.Length > 0 && shape[^1] == units && units > 1;
            if (input.Constant is not null)
            {
                if (alongUnits && !walk.Constants.Exists(c => c.Node == node && c.Input == i)) walk.Constants.Add(new ConstantOperand(node, i, shape.Length - 1));
            }
            else if (alongUnits)
            {
                if (shape.Length != rank) throw new RefusedException(RefusalReason.Layout, node, "activations of different rank are joined along the hidden axis");
                if (IsResidual(input, walk)) throw new RefusedException(RefusalReason.ResidualStream, node, "the axis runs along the residual stream");
                walk.Add(input);
            }
        }
    }

    /// <summary>A value that an elementwise join reaches but that no linear layer makes, through elementwise operators alone, is the residual stream.</summary>
    private bool IsResidual(Value value, Walk walk)
    {
        HashSet<Value> seen = [];
        Stack<Value> open = new([value]);
        while (open.TryPop(out Value? v))
        {
            if (!seen.Add(v) || walk.Seen.Contains(v) || layers.ByOutput.ContainsKey(v)) continue;
            if (v.Producer is not { } node || !(IsRowMove(node) || operators.Find(node)?.Behaviour is AxisBehaviour.Unary or AxisBehaviour.Binary)) return true;
            foreach (Value? input in node.Inputs)
                if (input is { Constant: null } && layout.ShapeOf(input).Length > 0 && layout.ShapeOf(input)[^1] == layout.ShapeOf(v)[^1]) open.Push(input);
        }
        return false;
    }
}
