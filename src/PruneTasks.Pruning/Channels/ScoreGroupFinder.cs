using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Finds which dimensions of queries and keys go together where more than moves stands between the layers and the product: everything there has to be linear in
/// what the layers give, so that a unit whose columns are zero adds nothing to the scores. Which coordinates meet is read off by the rules of
/// <see cref="ChannelRules"/>, on the nodes between alone.
/// </summary>
internal sealed class ScoreGroupFinder(OnnxModel model, LinearLayers layers, Lazy<ShapeInvariants> invariants)
{
    /// <summary>Sites at one product; several where units differ in form, as when only some dimensions are turned.</summary>
    /// <param name="scores">The product of queries and keys.</param>
    /// <param name="name">Name of the sites.</param>
    /// <exception cref="RefusedException">What stands between is not linear, or is read elsewhere.</exception>
    public IReadOnlyList<ScoreGroupSite> Find(ProductView scores, string name)
    {
        bool keyIsRight = scores.RightFree.Output > scores.LeftFree.Output;
        Side left = new(scores.Left, scores.LeftSum, scores.LeftFree.Operand), right = new(scores.Right, scores.RightSum, scores.RightFree.Operand);
        (Side query, Side key) = keyIsRight ? (left, right) : (right, left);
        Trail trail = new(layers);
        LinearView queries = trail.Follow(query.Operand, scores.Node), keys = trail.Follow(key.Operand, scores.Node);
        LinearLayers.RequireOwnWeight(queries);
        LinearLayers.RequireOwnWeight(keys);
        Node[] others = trail.OtherReaders(scores.Node);

        bool packed = queries == keys;
        ChannelAxes axes = Classes([query, key]);
        AxisRange summed = Of(axes, query.Operand)[query.Sum];
        if (!axes.Classes.HasFree(summed))
        {
            Pin? pin = summed.IsFollowed ? axes.Classes.PinOf(summed.Start) : null;
            throw new RefusedException(pin?.Reason ?? RefusalReason.Layout, pin?.Node ?? scores.Node, pin?.Detail ?? "the size of a head is not known");
        }
        // Of a layer that makes both, the columns that only one of them reads.
        ChannelAxes?[] alone = packed ? [Classes([query]), Classes([key])] : [null, null];
        Dictionary<Node, int> position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        return [.. Forms(axes, trail, summed).Where(units => units.Count > 1).Select((units, i) => Site(units, i == 0 ? name : $"{name}#{i + 1}"))];

        ChannelAxes Classes(IReadOnlyList<Side> narrowed)
        {
            ChannelAxes classes = new(invariants.Value);
            int stays = classes.Classes.Reason(new Pin(RefusalReason.Layout, scores.Node, "only the axis that is summed over is narrowed"));
            foreach (Value layer in new[] { queries.Output, keys.Output }.Distinct())
                foreach (AxisRange axis in Of(classes, layer).SkipLast(1)) classes.Hold(axis, stays);
            foreach (Side side in new[] { query, key })
                foreach (AxisRange axis in Of(classes, side.Operand).Where((_, i) => i != side.Sum || !narrowed.Contains(side))) classes.Hold(axis, stays);
            foreach (Node node in model.Graph.Nodes.Where(n => trail.Nodes.Contains(n) || others.Contains(n)))
            {
                ChannelRules.Apply(new ChannelContext(node, model.Opsets.GetValueOrDefault(node.Domain, 1), classes));
                foreach (Value other in node.Outputs.Where(o => !trail.Values.Contains(o)))
                    foreach (AxisRange axis in classes.Of(other) ?? []) classes.Hold(axis, stays);
            }
            if (narrowed is [var one, var two]) new ChannelContext(scores.Node, model.Opset, classes).Same(Of(classes, one.Operand)[one.Sum], Of(classes, two.Operand)[two.Sum]);
            AxisJoins.Decide(classes, model.Opset);
            return classes;
        }

        static AxisRange[] Of(ChannelAxes classes, Value value) => classes.Of(value) ?? throw new RefusedException(RefusalReason.UnknownShape, value.Producer, $"the shape of '{value.Name}' is not known before the model runs");

        ScoreGroupSite Site(IReadOnlyList<int> roots, string siteName)
        {
            Dictionary<int, int> unit = roots.Select((root, i) => (root, i)).ToDictionary(x => x.root, x => x.i);
            AffectedAxis[] affected =
            [
                .. trail.Values.OrderBy(v => position[v.Producer!]).SelectMany(v => Of(axes, v).Select((range, axis) => new AffectedAxis(v, axis, UnitOf(range)))).Where(a => a.UnitOf.Any(u => u >= 0)),
            ];
            ScoreCut[] cuts =
            [
                .. model.Graph.Nodes.Where(trail.Nodes.Contains).SelectMany(node => node.Inputs.Select((value, input) => (Node: node, Value: value, Input: input)))
                    .Where(i => i.Value is not null && !trail.Values.Contains(i.Value))
                    .SelectMany(i => (axes.Of(i.Value!) ?? []).Select((range, axis) => new ScoreCut(i.Node, i.Input, axis, UnitOf(range)))).Where(c => c.UnitOf.Any(u => u >= 0)),
            ];
            return new ScoreGroupSite(
                siteName, roots.Count, affected, position[queries.Node] < position[keys.Node] ? queries.Node : keys.Node, scores.Node,
                Operand(queries, query, alone[0]), Operand(keys, key, alone[1]), cuts);

            ScoreOperand Operand(LinearView layer, Side side, ChannelAxes? own)
            {
                int[] columns = UnitOf(Of(axes, layer.Output)[^1]);
                if (own is not null)
                {
                    AxisRange all = Of(own, layer.Output)[^1];
                    for (int i = 0; i < columns.Length; i++)
                        if (!own.Classes.IsFree(all.Start + i)) columns[i] = -1;
                }
                return new ScoreOperand(layer, columns, side.Operand, side.Sum, side.Token, UnitOf(Of(axes, side.Operand)[side.Sum]));
            }

            int[] UnitOf(AxisRange range)
            {
                if (!range.IsFollowed) return [];
                return [.. Enumerable.Range(0, range.Size).Select(i => unit.GetValueOrDefault(axes.Classes.Find(range.Start + i), -1))];
            }
        }
    }

    /// <summary>Classes along the summed axis that may go, those together that take as many coordinates of each axis.</summary>
    private static IEnumerable<IReadOnlyList<int>> Forms(ChannelAxes axes, Trail trail, AxisRange summed)
    {
        int[] roots = [.. Enumerable.Range(summed.Start, summed.Size).Where(axes.Classes.IsFree).Select(axes.Classes.Find).Distinct()];
        Dictionary<int, SortedDictionary<int, int>> counts = roots.ToDictionary(root => root, _ => new SortedDictionary<int, int>());
        foreach ((_, AxisRange[] ranges) in axes.Known.Where(k => trail.Values.Contains(k.Value)))
        {
            foreach (AxisRange range in ranges.Where(r => r.IsFollowed))
            {
                for (int i = 0; i < range.Size; i++)
                {
                    if (!counts.TryGetValue(axes.Classes.Find(range.Start + i), out SortedDictionary<int, int>? taken)) continue;
                    taken[range.Start] = taken.GetValueOrDefault(range.Start) + 1;
                }
            }
        }
        return roots.GroupBy(root => string.Join(',', counts[root].Select(c => $"{c.Key}:{c.Value}"))).Select(g => (IReadOnlyList<int>)[.. g]);
    }

    private sealed record Side(Value Operand, int Sum, int Token);

    /// <summary>The nodes between two layers and the product, and their results.</summary>
    private sealed class Trail(LinearLayers layers)
    {
        private readonly Dictionary<Value, LinearView?> _source = [];

        public HashSet<Node> Nodes { get; } = [];

        /// <summary>What comes from the layers, their outputs included.</summary>
        public HashSet<Value> Values { get; } = [];

        public LinearView Follow(Value operand, Node product) => Source(operand, 64)
            ?? throw new RefusedException(RefusalReason.PositionDependent, operand.Producer ?? product, $"'{operand.Name}' does not come from a linear layer in a linear way ({operand.Producer?.OpType ?? "input"})");

        /// <summary>Nodes that pick other columns of a layer that makes more than queries or keys.</summary>
        public Node[] OtherReaders(Node product)
        {
            HashSet<Node> others = [];
            foreach (Value value in Values)
            {
                if (value.IsGraphOutput) throw new RefusedException(RefusalReason.GraphOutput, value.Producer, $"'{value.Name}' is an output of the model");
                if (value.IsCaptured) throw new RefusedException(RefusalReason.CapturedBySubgraph, value.Producer, $"'{value.Name}' is read by a control-flow body");
                foreach (Node other in value.Uses.Select(u => u.Node).Where(n => n != product && n.OpType != "Shape" && !Nodes.Contains(n)))
                {
                    if (other is not { Domain: "", OpType: "Slice" or "Split" or "Gather" } || other.Inputs[0] != value)
                        throw new RefusedException(RefusalReason.Barrier, other, $"'{value.Name}' is read by {other.OpType} too");
                    others.Add(other);
                }
            }
            return [.. others];
        }

        /// <summary>The layer that a value comes from in a linear way; <see langword="null"/> if from none.</summary>
        private LinearView? Source(Value value, int depth)
        {
            if (_source.TryGetValue(value, out LinearView? known)) return known;
            LinearView? found = layers.ByOutput.GetValueOrDefault(value);
            if (found is null && depth > 0 && value.Producer is { Domain: "" } node)
            {
                found = Through(node, depth - 1);
                if (found is not null) Nodes.Add(node);
            }
            if (found is not null) Values.Add(value);
            return _source[value] = found;
        }

        private LinearView? Through(Node node, int depth)
        {
            switch (node.OpType)
            {
                case "Identity" or "Dropout" or "Cast" or "Neg" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Transpose" or "Slice" or "Split" or "Gather" or "Expand" or "Tile":
                    return node.Inputs[0] is { } data ? Source(data, depth) : null;
                case "Div":
                    return Source(node.Inputs[1]!, depth) is null ? Source(node.Inputs[0]!, depth) : throw NotLinear(node);
                case "Mul" or "Add" or "Sub" or "Concat":
                    LinearView?[] sources = [.. node.Inputs.Select(i => i is null ? null : Source(i, depth))];
                    LinearView? first = sources.FirstOrDefault(s => s is not null);
                    if (first is null) return null;
                    bool linear = node.OpType == "Mul" ? sources.Count(s => s is not null) == 1 : sources.All(s => s == first);
                    return linear ? first : throw NotLinear(node);
                default:
                    return null;
            }
        }

        private static RefusedException NotLinear(Node node) =>
            new(RefusalReason.PositionDependent, node, $"{node.OpType} joins queries or keys with something else");
    }
}
