using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Caches that a whole attention layer in one operator takes and gives: GroupQueryAttention of com.microsoft. While a model is pruned the operator has none; at the end it comes
/// back as it was, rotary positions, lengths and all, with the heads that are left (docs/decisions/0057).
/// </summary>
/// <remarks>
/// The operator has one width for queries, keys and values, and counts keys of each sample in its own way, so it is neither replaced nor made narrower: only whole key and
/// value groups may go, and whoever plans has to leave the rest of <see cref="Operators"/> alone. Definition: ONNX Runtime, docs/ContribOperators.md.
/// </remarks>
public sealed class FusedStates
{
    private const string Domain = "com.microsoft";
    private const int PastKey = 3, PastValue = 4;

    private readonly Graph _dense;
    private readonly IReadOnlyList<string> _outputs;
    private readonly IReadOnlyList<Layer> _layers;

    private FusedStates(Graph dense, IReadOnlyList<string> outputs, IReadOnlyList<Layer> layers) => (_dense, _outputs, _layers) = (dense, outputs, layers);

    /// <summary>Number of caches that were taken off.</summary>
    public int Count => 2 * _layers.Count;

    /// <summary>Names of what the operators give, without their caches: <see cref="FusedAttention.Result"/> of those that are taken apart.</summary>
    public IReadOnlySet<string> Operators => _layers.Select(l => l.Result).ToHashSet();

    /// <summary>Takes the caches off such operators.</summary>
    /// <param name="model">The model, which is edited.</param>
    /// <param name="dense">The same model, not to be edited any more: what an operator reads is looked up there when it is gone.</param>
    /// <param name="states">Its states.</param>
    /// <returns>What <see cref="Attach"/> needs; <see langword="null"/> if there was no such operator, and nothing was changed.</returns>
    public static FusedStates? Detach(OnnxModel model, OnnxModel dense, IEnumerable<StateName> states)
    {
        Graph graph = model.Graph;
        string[] outputs = [.. graph.Outputs.Select(v => v.Name)];
        Dictionary<string, StateName> byPast = states.ToDictionary(s => s.Past);
        List<Layer> layers = [];
        HashSet<string> gone = [];
        foreach (Node node in graph.Nodes.Where(n => IsWhole(n, byPast)).ToArray())
        {
            string?[] inputs = [.. node.Inputs.Select(v => v?.Name)];
            Value[] pasts = [node.Inputs[PastKey]!, node.Inputs[PastValue]!], presents = [node.Outputs[1], node.Outputs[2]];
            Value?[] without = [.. node.Inputs.Select((v, i) => i is PastKey or PastValue ? null : v)];
            // Keys and values that nothing reads: the operator always gives them.
            Node apart = graph.AddNode(node.OpType, without, [node.Outputs[0].Name + "_now", presents[0].Name + "_now", presents[1].Name + "_now"], node, node.Attributes, Domain);
            layers.Add(new Layer(apart.Outputs[0].Name, inputs, node.Attributes, [.. pasts.Zip(presents, (past, present) => new State(past.Name, present.Name, past.Type, past.DeclaredShape!, present.DeclaredShape))]));
            gone.UnionWith(presents.Select(v => v.Name));
            graph.TakeOver(node, node.Outputs[0], apart.Outputs[0]);
            foreach (Value past in pasts) graph.DeclareInput(past, [.. past.DeclaredShape!.Select((axis, i) => i == 2 ? new Axis(0, null) : axis)]);
        }
        if (layers.Count == 0) return null;
        graph.SetOutputs([.. graph.Outputs.Where(v => !gone.Contains(v.Name))]);
        graph.RemoveUnused();
        return new FusedStates(dense.Graph, outputs, layers);
    }

    /// <summary>Puts the operators back, with their caches and the heads that are there now.</summary>
    /// <param name="model">What became of the model that <see cref="Detach"/> edited; edited itself.</param>
    /// <param name="apart">Those that were taken apart, and still are.</param>
    /// <exception cref="InvalidOperationException">An operator or one of its operands is gone, or something but its heads has another size.</exception>
    public void Attach(OnnxModel model, IEnumerable<FusedAttention> apart)
    {
        Graph graph = model.Graph;
        ShapeInvariants shapes = ShapeInvariants.Find(model);
        Dictionary<string, FusedAttention> pieces = apart.ToDictionary(a => a.Result);
        List<(Value Present, State State, long Groups)> declared = [];
        foreach (Layer layer in _layers)
        {
            (Node last, Value[] roles, long heads, long groups) = pieces.TryGetValue(layer.Result, out FusedAttention? attention)
                ? Pieces(graph, shapes, attention) : OneOperator(graph, layer);
            if (heads % groups != 0 || heads / groups != layer.Heads / layer.Groups) throw new InvalidOperationException($"'{layer.Result}' has {heads} heads and {groups} key heads, of {layer.Heads} and {layer.Groups}");
            Value?[] inputs = [.. layer.Inputs.Select((name, i) => i < 3 ? (i < roles.Length ? roles[i] : null) : name is null ? null : Find(graph, name, last))];
            Dictionary<string, AttributeData> attributes = new(layer.Attributes) { ["num_heads"] = heads, ["kv_num_heads"] = groups };
            Node whole = graph.AddNode("GroupQueryAttention", inputs, [layer.Result + "_whole", .. layer.States.Select(s => s.Present)], last, attributes, Domain);
            graph.TakeOver(last, last.Outputs[0], whole.Outputs[0]);
            for (int i = 0; i < layer.States.Count; i++)
            {
                State state = layer.States[i];
                graph.DeclareInput(graph.Inputs.Single(v => v.Name == state.Past), Sizes(state.PastShape, groups));
                declared.Add((whole.Outputs[i + 1], state, groups));
            }
        }
        graph.SetOutputs([.. _outputs.Select(name => graph.Values[name])]);
        foreach ((Value present, State state, long groups) in declared)
            graph.DeclareOutput(present, state.PresentShape is null ? null : Sizes(state.PresentShape, groups), state.Type);
        graph.RemoveUnused();
    }

    /// <summary>Past and present are two pairs of states, four axes each of which the third grows, which nothing else uses but Shape.</summary>
    private static bool IsWhole(Node node, Dictionary<string, StateName> states)
    {
        if (node is not { OpType: "GroupQueryAttention", Domain: Domain, Inputs.Count: > PastValue, Outputs.Count: 3 } || node.Int("num_heads", 0) <= 0 || node.Int("kv_num_heads", 0) <= 0) return false;
        return Enumerable.Range(0, 2).All(i =>
            node.Inputs[PastKey + i] is { IsGraphInput: true, IsCaptured: false, DeclaredShape: { Count: 4 } axes } past && axes[2].Size is null && past.Uses.All(use => use.Node == node || use.Node is { OpType: "Shape", Domain: "" })
            && states.TryGetValue(past.Name, out StateName? state) && state is { Axis: 2 } && state.Present == node.Outputs[1 + i].Name
            && node.Outputs[1 + i] is { IsGraphOutput: true, IsCaptured: false, Uses.Count: 0 }) && !node.Outputs[0].IsCaptured;
    }

    /// <summary>The layer in pieces: its last node, and its operands with the heads that they have.</summary>
    private static (Node Last, Value[] Roles, long Heads, long Groups) Pieces(Graph graph, ShapeInvariants shapes, FusedAttention attention)
    {
        InvalidOperationException Gone(string what) => new($"the {what} of the attention layer '{attention.Result}' {(what.EndsWith('s') ? "are" : "is")} not where it was");
        Node Only(Value value, string op) => value is { IsGraphOutput: false, IsCaptured: false, Uses: [{ Node: var node }] } && node.OpType == op && node.Domain.Length == 0 ? node : throw Gone("result");
        if (!graph.Values.TryGetValue(attention.Weights, out Value? weights)) throw Gone("weights");
        Node join = Only(Only(Only(weights, "MatMul").Outputs[0], "Transpose").Outputs[0], "Reshape");
        long size = 0;
        List<(Value Flat, long Heads)> roles = [];
        foreach (string name in attention.Roles)
        {
            if (!graph.Values.TryGetValue(name, out Value? split) || shapes.ShapeOf(split) is not [_, { } count, _, { } width] || (size != 0 && size != width)) throw Gone("heads");
            if (split.Producer is not { OpType: "Transpose", Domain: "" } turn) throw Gone("heads");
            size = width;
            Value flat = turn.Inputs[0]!.Producer is { OpType: "Reshape", Domain: "" } reshape && shapes.ShapeOf(reshape.Inputs[0]!) is [_, _, { } all] && all == count * width ? reshape.Inputs[0]!
                : graph.AddNode("Reshape", [turn.Inputs[0], graph.AddInitializer(name + "_flat", TensorData.Vector(0, 0, count * width))], name + "_rows", join).Outputs[0];
            roles.Add((flat, count));
        }
        return roles is [var q, var k, var v] && k.Heads == v.Heads ? (join, [q.Flat, k.Flat, v.Flat], q.Heads, k.Heads) : throw Gone("heads");
    }

    /// <summary>The layer as one operator, where it could not be taken apart.</summary>
    private static (Node Last, Value[] Roles, long Heads, long Groups) OneOperator(Graph graph, Layer layer) =>
        graph.Values.GetValueOrDefault(layer.Result)?.Producer is { OpType: "GroupQueryAttention", Domain: Domain } node
            ? (node, [.. node.Inputs.Take(3).OfType<Value>()], node.Int("num_heads", 0), node.Int("kv_num_heads", 0))
            : throw new InvalidOperationException($"the attention layer '{layer.Result}' is gone");

    /// <summary>A value by its name, made anew from the dense model where nothing but the operator had read it.</summary>
    private Value Find(Graph graph, string name, Node before)
    {
        if (graph.Values.TryGetValue(name, out Value? there)) return there;
        Value dense = _dense.Values[name];
        if (dense is { IsInitializer: true, Constant: { } constant }) return graph.AddInitializer(name, constant);
        if (dense.Producer is not { } node || node.Bodies.Any()) throw new InvalidOperationException($"'{name}' is gone");
        Value?[] inputs = [.. node.Inputs.Select(input => input is null ? null : Find(graph, input.Name, before))];
        Node copy = graph.AddNode(node.OpType, inputs, [.. node.Outputs.Select(o => o.Name)], before, node.Attributes, node.Domain);
        return copy.Outputs[node.Outputs.ToList().IndexOf(dense)];
    }

    private static Axis[] Sizes(IReadOnlyList<Axis> declared, long groups) => [.. declared.Select((axis, i) => i == 1 && axis.Size is not null ? new Axis(groups, null) : axis)];

    /// <summary>An operator as the file had it.</summary>
    private sealed record Layer(string Result, IReadOnlyList<string?> Inputs, IReadOnlyDictionary<string, AttributeData> Attributes, IReadOnlyList<State> States)
    {
        public long Heads => Attributes["num_heads"].Int!.Value;

        public long Groups => Attributes["kv_num_heads"].Int!.Value;
    }

    private sealed record State(string Past, string Present, ElementType Type, IReadOnlyList<Axis> PastShape, IReadOnlyList<Axis>? PresentShape);
}
