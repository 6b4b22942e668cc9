using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: MultiHeadAttention of com.microsoft and Attention of ai.onnx that take past keys and values, as a Concat of past and new in front of the same operator without a past.
/// Then their caches are such as <see cref="DetachedStates"/> takes off, and as narrow as the plan makes queries, keys and values (docs/decisions/0057).
/// </summary>
/// <remarks>
/// "No query sees a later key" becomes a term of the scores: where the operator begins to count queries depends on whether it has a past.
/// Definitions: ONNX Runtime, docs/ContribOperators.md; ONNX, docs/Operators.md (Attention, opset 23).
/// </remarks>
public static class JoinedStates
{
    private const string Contrib = "com.microsoft";

    /// <summary>Rewrites every such operator.</summary>
    /// <param name="model">The model, which is edited.</param>
    /// <param name="states">Its states.</param>
    /// <returns>Number of operators.</returns>
    public static int Apply(OnnxModel model, IEnumerable<StateName> states)
    {
        // Range, and Where of numbers.
        if (model.Opset < 13) return 0;
        Graph graph = model.Graph;
        Dictionary<string, StateName> byPast = states.ToDictionary(s => s.Past);
        Form[] forms = [.. graph.Nodes.Select(node => Of(node, byPast)).OfType<Form>()];
        if (forms.Length == 0) return 0;
        string[] outputs = [.. graph.Outputs.Select(v => v.Name)];
        List<(string Name, ElementType Type, IReadOnlyList<Axis>? Shape)> presents = [.. forms.SelectMany(f => f.Node.Outputs.Skip(1).Take(2)).Select(v => (v.Name, v.Type, v.DeclaredShape))];
        HashSet<string> names = [.. presents.Select(p => p.Name)];
        List<(Form Form, Node Whole, Value[] New)> made = [.. forms.Select(form => Write(graph, form))];
        graph.SetOutputs([.. graph.Outputs.Where(v => !names.Contains(v.Name))]);
        graph.RemoveUnused();
        // Now that the operators are gone, their names are free.
        foreach ((Form form, Node whole, Value[] added) in made)
        {
            for (int i = 0; i < 2; i++)
                graph.SetInput(whole, i + 1, graph.AddNode("Concat", [form.Pasts[i], added[i]], [form.Presents[i]], whole, new Dictionary<string, AttributeData> { ["axis"] = 2L }).Outputs[0]);
        }
        graph.SetOutputs([.. outputs.Select(name => graph.Values[name])]);
        foreach ((string name, ElementType type, IReadOnlyList<Axis>? shape) in presents) graph.DeclareOutput(graph.Values[name], shape, type);
        return forms.Length;
    }

    /// <summary>An operator of which everything is known that the rewrite needs.</summary>
    private sealed record Form(Node Node, bool IsContrib, Value[] Pasts, string[] Presents, long Heads, long KeyHeads, long Size, long ValueSize);

    private static Form? Of(Node node, Dictionary<string, StateName> states)
    {
        bool contrib = node is { OpType: "MultiHeadAttention", Domain: Contrib };
        if (!contrib && node is not { OpType: "Attention", Domain: "" }) return null;
        int first = contrib ? 6 : 4;
        bool Has(int input) => input < node.Inputs.Count && node.Inputs[input] is not null;
        if (!Has(0) || !Has(1) || !Has(2) || !Has(first) || !Has(first + 1) || Enumerable.Range(first + 2, 4).Any(Has) || node.Outputs.Count < 3 || node.Outputs.Skip(3).Any(o => o.Uses.Count > 0 || o.IsGraphOutput)) return null;
        Value[] pasts = [node.Inputs[first]!, node.Inputs[first + 1]!], presents = [node.Outputs[1], node.Outputs[2]];
        for (int i = 0; i < 2; i++)
        {
            if (pasts[i] is not { IsGraphInput: true, IsCaptured: false, DeclaredShape: { Count: 4 } axes } || axes[1].Size is null || axes[2].Size is not null || axes[3].Size is null) return null;
            if (pasts[i].Uses.Any(use => use.Node != node && use.Node is not { OpType: "Shape", Domain: "" })) return null;
            if (!states.TryGetValue(pasts[i].Name, out StateName? state) || state.Axis != 2 || state.Present != presents[i].Name || presents[i] is not { IsGraphOutput: true, IsCaptured: false, Uses.Count: 0 }) return null;
        }
        (long keyHeads, long size, long valueSize) = (pasts[0].DeclaredShape![1].Size!.Value, pasts[0].DeclaredShape![3].Size!.Value, pasts[1].DeclaredShape![3].Size!.Value);
        long heads = node.Int(contrib ? "num_heads" : "q_num_heads", 0);
        if (contrib && (heads != keyHeads || (Has(3) && (node.Inputs[3]!.Constant is not { Shape.Count: 1 } bias || bias.Count != heads * ((2 * size) + valueSize))))) return null;
        // One term of the scores, of which only the operator knows whether it stands for flags.
        if (!contrib && Has(3) && IsCausal(node, contrib) && node.Inputs[3]!.Type == ElementType.Undefined && node.Inputs[3]!.Producer is not { OpType: "Where" or "Cast" or "Add" or "Mul" }) return null;
        return new Form(node, contrib, pasts, [.. presents.Select(v => v.Name)], heads, keyHeads, size, valueSize);
    }

    private static bool IsCausal(Node node, bool contrib) => node.Int(contrib ? "unidirectional" : "is_causal", 0) != 0;

    /// <summary>The operator without a past, which for now reads the new keys and values alone.</summary>
    private static (Form, Node, Value[]) Write(Graph graph, Form form)
    {
        Node node = form.Node;
        Value Add(string op, IReadOnlyList<Value?> inputs, Dictionary<string, AttributeData>? attributes = null) => graph.AddNode(op, inputs, $"{node.Outputs[0].Name}_{op.ToLowerInvariant()}", node, attributes: attributes).Outputs[0];
        Value Integers(params long[] values) => graph.AddInitializer($"{node.Outputs[0].Name}_sizes", TensorData.Vector(values));
        Value Number(float value) => graph.AddInitializer($"{node.Outputs[0].Name}_value", TensorData.FromFloats(form.Pasts[0].Type, [], [value]));
        Value Split(Value x, long heads, long size) => Turn(Add("Reshape", [x, Integers(0, 0, heads, size)]));
        Value Turn(Value x) => Add("Transpose", [x], new() { ["perm"] = new long[] { 0, 2, 1, 3 } });
        Value Length(Value x, long axis) => Add("Gather", [Add("Shape", [x]), graph.AddInitializer("axis", TensorData.Of([], [axis]))], new() { ["axis"] = 0L });

        bool flat = form.IsContrib || form.Heads > 0, flatKeys = form.IsContrib || node.Int("kv_num_heads", 0) > 0;
        Value[] roles = [.. node.Inputs.Take(3).OfType<Value>()];
        if (form.IsContrib && node.Inputs.Count > 3 && node.Inputs[3]?.Constant is { } bias)
        {
            long at = 0;
            long[] widths = [form.Heads * form.Size, form.Heads * form.Size, form.Heads * form.ValueSize];
            for (int i = 0; i < 3; at += widths[i++])
                roles[i] = Add("Add", [roles[i], graph.AddInitializer($"{node.Outputs[0].Name}_bias", LayerSlicer.Along(bias, 0, [.. Enumerable.Range((int)at, (int)widths[i])]))]);
        }
        Value? before = null;
        if (IsCausal(node, form.IsContrib))
        {
            Value zero = graph.AddInitializer("zero", TensorData.Of([], [0L])), one = graph.AddInitializer("one", TensorData.Of([], [1L]));
            Value past = Length(form.Pasts[0], 2), total = Add("Add", [past, Length(roles[0], flat ? 1 : 2)]);
            before = Add("LessOrEqual", [Add("Range", [zero, total, one]), Add("Reshape", [Add("Range", [past, total, one]), Integers(-1, 1)])]);
        }
        Value[] added = [flatKeys ? Split(roles[1], form.KeyHeads, form.Size) : roles[1], flatKeys ? Split(roles[2], form.KeyHeads, form.ValueSize) : roles[2]];
        Dictionary<string, AttributeData> attributes = node.Attributes.Where(a => a.Key is not ("unidirectional" or "is_causal" or "q_num_heads" or "kv_num_heads")).ToDictionary(a => a.Key, a => a.Value);
        Value Hidden() => Add("Where", [before, Number(0), Number(form.Pasts[0].Type == ElementType.Float16 ? -65504 : float.MinValue)]);
        if (form.IsContrib)
        {
            (Value? mask, Value? term) = (node.Inputs.ElementAtOrDefault(4), node.Inputs.ElementAtOrDefault(5));
            if (before is not null)
            {
                Value causal = Add("Unsqueeze", [Hidden(), Integers(0, 1)]);
                term = term is null ? causal : Add("Add", [term, causal]);
            }
            Node whole = graph.AddNode(node.OpType, [roles[0], .. added, null, mask, term], node.Outputs[0].Name + "_now", node, attributes: attributes, domain: Contrib);
            graph.TakeOver(node, node.Outputs[0], whole.Outputs[0]);
            return (form, whole, added);
        }
        Value? given = node.Inputs.ElementAtOrDefault(3);
        bool flags = given is not null && (given.Type == ElementType.Bool || given.Producer is { OpType: "Cast" } cast && cast.Int("to", 0) == (long)ElementType.Bool);
        if (before is not null) given = given is null ? before : flags ? Add("And", [given, before]) : Add("Add", [given, Hidden()]);
        Node standard = graph.AddNode("Attention", given is null ? [flat ? Split(roles[0], form.Heads, form.Size) : roles[0], .. added] : [flat ? Split(roles[0], form.Heads, form.Size) : roles[0], .. added, given], node.Outputs[0].Name + "_now", node, attributes: attributes);
        graph.TakeOver(node, node.Outputs[0], flat ? Add("Reshape", [Turn(standard.Outputs[0]), Integers(0, 0, form.Heads * form.ValueSize)]) : standard.Outputs[0]);
        return (form, standard, added);
    }
}
