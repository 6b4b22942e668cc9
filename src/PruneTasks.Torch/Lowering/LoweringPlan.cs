using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering.Operators;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>What is known of one node before it runs.</summary>
/// <param name="Row">How it is computed; null where it is refused, or a constant.</param>
/// <param name="Refusal">Why it cannot be.</param>
/// <param name="Opset">Opset of its domain.</param>
/// <param name="HasBodies">It has bodies.</param>
/// <param name="IsBinary">Its result is as large as its inputs broadcast.</param>
internal readonly record struct NodePlan(LoweringRow? Row, LoweringRefusal? Refusal, long Opset, bool HasBodies, bool IsBinary);

/// <summary>What is known of a graph before it runs; shared by all forks.</summary>
internal sealed class LoweringPlan
{
    private readonly Dictionary<Node, int> _index = [];
    private readonly NodePlan[] _nodes;
    private readonly Dictionary<Value, int> _foldable = [];
    private readonly RunOrders _orders = new();
    private readonly HashSet<Value> _usable;
    private readonly Dictionary<Node, LoweringRefusal> _refusals = [];
    private readonly Dictionary<Graph, LoweringPlan> _bodies = [];
    private readonly IReadOnlyDictionary<string, long> _opsets;

    internal LoweringPlan(OnnxModel model)
        : this(model.Graph, model.Opsets, null)
    {
    }

    private LoweringPlan(Graph graph, IReadOnlyDictionary<string, long> opsets, (Graph Graph, ElementTypes Types)? outer)
    {
        Graph = graph;
        _opsets = opsets;
        Cone = new ConstantCone(Graph);
        Types = new ElementTypes(Graph, outer);
        Constants = [.. Graph.Initializers.Concat(Graph.Nodes.Where(n => n.OpType == "Constant").SelectMany(n => n.Outputs))
            .Where(v => v.Constant is { } c && TorchTypes.Of(c.Type) is not null)];
        _usable = [.. Constants];
        _nodes = new NodePlan[Graph.Nodes.Count];
        for (int i = 0; i < Graph.Nodes.Count; i++)
        {
            Node node = Graph.Nodes[i];
            _index.Add(node, i);
            foreach (Value output in node.Outputs.Where(Cone.IsConstant)) _foldable.Add(output, _foldable.Count);
            if (node.OpType == "Constant" && node.Outputs.All(_usable.Contains)) continue;
            LoweringRow? row = null;
            LoweringRefusal? refusal = node.Inputs.FirstOrDefault(v => v is { Producer: null, IsGraphInput: false, IsOuter: false } && !_usable.Contains(v)) is { } constant
                ? new(node, LoweringRefusalKind.UnsupportedType, $"constant '{constant}' has no content that can be computed with")
                : node.OpType == "Constant" ? new(node, LoweringRefusalKind.UnsupportedType, "its content cannot be computed with")
                : LoweringTable.Check(node, OpsetOf(node), Types, out row) ?? CheckBodies(node);
            _nodes[i] = new(row, refusal, OpsetOf(node), node.Bodies.Any(), OperatorTable.Default.BehaviourOf(node) == AxisBehaviour.Binary);
            if (refusal is not null) _refusals.Add(node, refusal);
        }
    }

    internal Graph Graph { get; }

    internal ConstantCone Cone { get; }

    internal ElementTypes Types { get; }

    /// <summary>Plans of the bodies of this graph's control-flow nodes.</summary>
    internal IReadOnlyDictionary<Graph, LoweringPlan> Bodies => _bodies;

    /// <summary>Initializers and outputs of Constant nodes with content.</summary>
    internal IReadOnlyList<Value> Constants { get; }

    /// <summary>Of a model with a store: values of constants alone that are there, as they are without other weights.</summary>
    internal Dictionary<Value, TensorData> Folded { get; } = [];

    internal IReadOnlyList<LoweringRefusal> Refusals => [.. _refusals.Values];

    internal NodePlan this[int index] => _nodes[index];

    /// <summary>Number of values of constants alone that nodes compute.</summary>
    internal int Foldable => _foldable.Count;

    /// <summary>Number of such a value, from 0.</summary>
    internal int FoldableAt(Value value) => _foldable[value];

    internal int PositionOf(Node node) => _index[node];

    private long OpsetOf(Node node) => _opsets.TryGetValue(node.Domain, out long version) ? version : 1;

    /// <summary>Nodes to run for <paramref name="targets"/> when <paramref name="known"/> values, those of constants alone in <paramref name="folded"/>, and all constants are at hand.</summary>
    /// <exception cref="ArgumentException">A value without a producer is needed and not known.</exception>
    internal RunOrder Order(IReadOnlyList<Value> targets, IReadOnlyDictionary<Value, Tensor> known, ulong[] folded) =>
        _orders.Of(targets, known, folded, () => Order(targets, value =>
            known.ContainsKey(value) || _usable.Contains(value) || (_foldable.TryGetValue(value, out int at) && (folded[at / 64] >> (at % 64) & 1) != 0)));

    private RunOrder Order(IReadOnlyList<Value> targets, Func<Value, bool> isKnown)
    {
        SortedSet<int> nodes = Needed(targets, isKnown);
        HashSet<Value> wanted = [.. targets];
        Dictionary<Value, int> last = [];
        foreach (int index in nodes)
        {
            Node node = Graph.Nodes[index];
            foreach (Value input in node.Reads) last[input] = index;
            foreach (Value output in node.Outputs) last.TryAdd(output, index);
        }
        ILookup<int, Value> done = last.Where(l => !wanted.Contains(l.Key)).ToLookup(l => l.Value, l => l.Key);
        return new([.. nodes.Select(index => (index, done[index].ToArray()))]);
    }

    /// <summary>Whether constant-only <paramref name="value"/> is computed from <paramref name="constant"/>.</summary>
    internal bool DependsOn(Value value, Value constant)
    {
        Stack<Value> open = new([value]);
        HashSet<Value> seen = [];
        while (open.TryPop(out Value? at))
        {
            if (at == constant) return true;
            if (!seen.Add(at) || at.Producer is null) continue;
            foreach (Value input in at.Producer.Reads) open.Push(input);
        }
        return false;
    }

    internal IReadOnlyList<Value> LiveAt(int position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, -1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Graph.Nodes.Count);
        bool After(Node node) => _index[node] > position;
        // An output that is made before the cut is asked for behind it, as the others are.
        bool Crosses(Value value) => !Cone.IsConstant(value) && (value.IsGraphOutput || value.Uses.Any(u => After(u.Node)) || value.Capturers.Any(After));
        List<Value> live = [.. Graph.Inputs.Where(Crosses), .. Graph.Nodes.Take(position + 1).SelectMany(n => n.Outputs).Where(Crosses)];
        HashSet<Value> activations = [.. live.Where(v => !Cone.IsShape(v))];
        return [.. live.Where(v => activations.Contains(v) || !CanTell(v, activations))];
    }

    // A shape is told by the others if the way back from it meets only them, constants, and nodes that make shapes.
    private bool CanTell(Value shape, HashSet<Value> activations)
    {
        Stack<Value> open = new([shape]);
        while (open.TryPop(out Value? value))
        {
            if (activations.Contains(value) || Cone.IsConstant(value)) continue;
            if (!Cone.IsShape(value) || value.Producer is null) return false;
            foreach (Value input in value.Producer.Reads) open.Push(input);
        }
        return true;
    }

    // A body with a node that cannot be run makes the whole node one, unless a constant condition says that it never runs.
    private LoweringRefusal? CheckBodies(Node node)
    {
        LoweringRefusal? refusal = null;
        foreach (Graph body in node.Bodies)
        {
            LoweringPlan plan = new(body, _opsets, (Graph, Types));
            _bodies.Add(body, plan);
            bool known = body.Outer.All(outer => node.Captured.Any(v => v.Name == outer.Name));
            if (ControlFlow.NeverRuns(node, body)) continue;
            if (!known) refusal ??= new(node, LoweringRefusalKind.UnsupportedForm, "a body reads a value that is defined nowhere");
            else if (plan.Refusals is [var first, ..]) refusal ??= new(node, first.Kind, $"in a body: {first}");
        }
        return refusal;
    }

    private SortedSet<int> Needed(IReadOnlyList<Value> targets, Func<Value, bool> isKnown)
    {
        Stack<Value> open = new(targets);
        SortedSet<int> nodes = [];
        while (open.TryPop(out Value? value))
        {
            if (isKnown(value)) continue;
            if (value.Producer is not { } node || !_index.TryGetValue(node, out int index))
                throw new ArgumentException($"'{value}' is needed and not known");
            if (!nodes.Add(index)) continue;
            foreach (Value input in node.Reads) open.Push(input);
        }
        return nodes;
    }
}
