namespace PruneTasks.Onnx.Serialization;

/// <summary>
/// Puts the nodes of local functions where they are called (ONNX IR, "Functions"), on the file's messages before anything reads them: exporters
/// write whole layers as functions. What calls no function stays byte for byte; a model without calls stays as it is.
/// </summary>
internal sealed class FunctionInlining
{
    private const int MostNodes = 200_000, MaxDepth = 32;

    private readonly Dictionary<FunctionKey, LocalFunction> _functions;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<LocalFunction> _used = [];
    private int _nodes;

    private FunctionInlining(Dictionary<FunctionKey, LocalFunction> functions) => _functions = functions;

    /// <summary>The model without functions; <paramref name="model"/> itself if it calls none.</summary>
    /// <exception cref="OnnxFormatException">A function cannot be put in place.</exception>
    public static WireMessage Apply(WireMessage model)
    {
        Dictionary<FunctionKey, LocalFunction> functions = LocalFunction.In(model);
        if (functions.Count == 0 || model.Last(ModelFields.Graph) is not { } graphField) return model;
        FunctionInlining inlining = new(functions);
        WireMessage graph = model.Message(graphField);
        if (!inlining.Calls(graph, 0)) return model;
        inlining.Collect(graph, 0);
        WireBuilder changed = inlining.Graph(graph, null, 0), file = new();
        foreach (WireField field in model.Fields)
        {
            if (field.Number == ModelFields.Graph) file.Message(ModelFields.Graph, changed);
            else if (field.Number != ModelFields.Function) file.Raw(model.Raw(field));
        }
        foreach (WireBuilder opset in inlining.NewOpsets(model)) file.Message(ModelFields.OpsetImport, opset);
        return WireMessage.Parse(file.ToArray(), 0);
    }

    private bool Calls(WireMessage graph, int depth) => NodesOf(graph).Any(n => _functions.ContainsKey(FunctionKey.Of(n)) || BodiesOf(n, depth).Any(b => Calls(b, depth + 1)));

    // All names of the main graph, bodies included: new ones must keep away from them.
    private void Collect(WireMessage graph, int depth)
    {
        foreach (WireField field in graph.Fields)
        {
            if (field.Number is GraphFields.Input or GraphFields.Output or GraphFields.ValueInfo) _names.Add(graph.Message(field).TextOf(ValueInfoFields.Name));
            else if (field.Number == GraphFields.Initializer) _names.Add(graph.Message(field).TextOf(TensorFields.Name));
        }
        foreach (WireMessage node in NodesOf(graph))
        {
            _names.Add(node.TextOf(NodeFields.Name));
            _names.UnionWith(node.All(NodeFields.Input).Concat(node.All(NodeFields.Output)).Select(node.Text));
            foreach (WireMessage body in BodiesOf(node, depth)) Collect(body, depth + 1);
        }
    }

    // A graph of the file keeps its names (scope is null); a body inside a function gets new ones for all that it defines.
    private WireBuilder Graph(WireMessage graph, FunctionScope? scope, int depth)
    {
        FunctionScope? inner = scope?.Inside(graph, Fresh);
        WireBuilder result = new();
        foreach (WireField field in graph.Fields)
        {
            if (field.Number == GraphFields.Node) Node(result, GraphFields.Node, graph.Message(field), graph.Raw(field), inner, depth);
            else if (inner is null) result.Raw(graph.Raw(field));
            else if (field.Number is GraphFields.Input or GraphFields.Output or GraphFields.ValueInfo)
                result.Message(field.Number, inner.Renamed(graph.Message(field), ValueInfoFields.Name));
            else if (field.Number == GraphFields.Initializer) result.Message(field.Number, inner.Renamed(graph.Message(field), TensorFields.Name));
            else if (field.Number == GraphFields.Name) result.Raw(graph.Raw(field));
            else if (field.Number == GraphFields.SparseInitializer) throw graph.Fail(field, OnnxFormatError.FunctionRefused, "a function holds a sparse initializer");
        }
        return result;
    }

    private void Node(WireBuilder graph, int number, WireMessage node, ReadOnlyMemory<byte> raw, FunctionScope? scope, int depth)
    {
        if (_functions.TryGetValue(FunctionKey.Of(node), out LocalFunction? function))
        {
            Inline(graph, node, function, scope, depth);
            return;
        }
        bool plain = scope is null && !BodiesOf(node, depth).Any(b => Calls(b, depth + 1));
        if (plain) graph.Raw(raw);
        else graph.Message(number, Rewritten(node, scope, depth));
    }

    private WireBuilder Rewritten(WireMessage node, FunctionScope? scope, int depth)
    {
        WireBuilder result = new();
        foreach (WireField field in node.Fields)
        {
            switch (field.Number)
            {
                case NodeFields.Input or NodeFields.Output when scope is not null:
                    result.Text(field.Number, scope.Name(node.Text(field), node));
                    break;
                case NodeFields.Name when scope is not null:
                    result.Text(field.Number, Fresh(scope.Prefix + node.Text(field)));
                    break;
                case NodeFields.Attribute:
                    WireMessage attribute = node.Message(field);
                    if ((scope is null ? attribute : scope.Attribute(attribute)) is { } given)
                        result.Message(NodeFields.Attribute, WithBodies(given, scope, depth, attribute.TextOf(AttributeFields.Name)));
                    break;
                default:
                    result.Raw(node.Raw(field));
                    break;
            }
        }
        return result;
    }

    private WireBuilder WithBodies(WireMessage attribute, FunctionScope? scope, int depth, string name)
    {
        WireBuilder result = new();
        result.Text(AttributeFields.Name, name);
        foreach (WireField field in attribute.Fields)
        {
            if (field.Number == AttributeFields.Name) continue;
            if (field.Number is AttributeFields.Graph or AttributeFields.Graphs) result.Message(field.Number, Graph(attribute.Message(field), scope, Deeper(attribute, depth)));
            else result.Raw(attribute.Raw(field));
        }
        return result;
    }

    private void Inline(WireBuilder graph, WireMessage call, LocalFunction function, FunctionScope? around, int depth)
    {
        _used.Add(function);
        FunctionScope scope = FunctionScope.Of(call, function, around, Fresh);
        foreach (WireMessage node in function.Nodes)
        {
            if (++_nodes > MostNodes) throw new OnnxFormatException(OnnxFormatError.FunctionRefused, call.Origin, $"the functions hold more than {MostNodes} nodes where they are called");
            Node(graph, GraphFields.Node, node, default, scope, Deeper(call, depth));
        }
        // An input handed on as an output has no node that makes it.
        foreach ((string from, string to) in scope.HandedOn)
        {
            WireBuilder identity = new();
            identity.Text(NodeFields.Input, from);
            identity.Text(NodeFields.Output, to);
            identity.Text(NodeFields.Name, Fresh(to + "_handed_on"));
            identity.Text(NodeFields.OpType, "Identity");
            graph.Message(GraphFields.Node, identity);
        }
    }

    // Nodes mean what they meant only under the opset they were written for.
    private List<WireBuilder> NewOpsets(WireMessage model)
    {
        Dictionary<string, long> known = new(StringComparer.Ordinal);
        foreach (WireMessage opset in model.All(ModelFields.OpsetImport).Select(model.Message)) known[LocalFunction.Domain(opset.TextOf(OpsetFields.Domain))] = opset.IntOf(OpsetFields.Version);
        List<WireBuilder> added = [];
        foreach (LocalFunction function in _used.OrderBy(f => f.Message.Origin))
        {
            HashSet<string> domains = [.. function.Nodes.Select(FunctionKey.Of).Where(k => !_functions.ContainsKey(k)).Select(k => k.Domain)];
            foreach (WireMessage opset in function.Opsets)
            {
                string domain = LocalFunction.Domain(opset.TextOf(OpsetFields.Domain));
                long version = opset.IntOf(OpsetFields.Version);
                if (!domains.Contains(domain)) continue;
                if (!known.TryAdd(domain, version))
                {
                    if (known[domain] == version) continue;
                    throw new OnnxFormatException(OnnxFormatError.FunctionRefused, function.Message.Origin, $"function {function.Key} is written for opset {version}, the model for {known[domain]}");
                }
                WireBuilder message = new();
                message.Text(OpsetFields.Domain, domain);
                message.Int(OpsetFields.Version, version);
                added.Add(message);
            }
        }
        return added;
    }

    private string Fresh(string name)
    {
        string fresh = name;
        for (int i = 1; !_names.Add(fresh); i++) fresh = $"{name}_{i}";
        return fresh;
    }

    private static int Deeper(WireMessage at, int depth) =>
        depth < MaxDepth ? depth + 1 : throw new OnnxFormatException(OnnxFormatError.FunctionRefused, at.Origin, "functions call each other too deeply, or in a circle");

    private static IEnumerable<WireMessage> NodesOf(WireMessage graph) => graph.All(GraphFields.Node).Select(graph.Message);

    private static IEnumerable<WireMessage> BodiesOf(WireMessage node, int depth)
    {
        foreach (WireMessage attribute in node.All(NodeFields.Attribute).Select(node.Message))
        {
            foreach (WireField field in attribute.Fields)
            {
                if (field.Number is not (AttributeFields.Graph or AttributeFields.Graphs)) continue;
                if (depth >= MaxDepth) throw attribute.Fail(field, OnnxFormatError.TooDeep, "control-flow bodies are nested too deeply");
                yield return attribute.Message(field);
            }
        }
    }
}
