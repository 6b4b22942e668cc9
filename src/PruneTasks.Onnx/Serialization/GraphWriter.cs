namespace PruneTasks.Onnx.Serialization;

/// <summary>Writes a graph. Fields keep the order they had in the file; what was added comes right behind its kind, nodes at their place in the order.</summary>
internal sealed class GraphWriter
{
    private readonly Graph _graph;
    private readonly WriteMode _mode;
    private readonly WireBuilder _out = new();
    private readonly HashSet<Node> _written = [];
    private int _nextNode;

    private GraphWriter(Graph graph, WriteMode mode)
    {
        _graph = graph;
        _mode = mode;
    }

    /// <summary>A <c>GraphProto</c>.</summary>
    public static WireBuilder Write(Graph graph, WriteMode mode)
    {
        var writer = new GraphWriter(graph, mode);
        if (graph.Wire is { } loaded) writer.Edited(loaded);
        else writer.New();
        return writer._out;
    }

    private void New()
    {
        NodesFrom(0);
        _out.Text(GraphFields.Name, _graph.Name);
        NewInitializers();
        NewInputs([]);
        NewOutputs(0);
    }

    private void Edited(LoadedGraph loaded)
    {
        WireMessage old = loaded.Message;
        int lastNode = Array.FindLastIndex(old.Fields, f => f.Number == GraphFields.Node);
        int lastInitializer = Array.FindLastIndex(old.Fields, f => f.Number == GraphFields.Initializer);
        int lastInput = Array.FindLastIndex(old.Fields, f => f.Number == GraphFields.Input);
        int lastOutput = Array.FindLastIndex(old.Fields, f => f.Number == GraphFields.Output);
        HashSet<object> oldInputs = [.. loaded.Owners.Where((_, i) => old.Fields[i].Number == GraphFields.Input).OfType<object>()];
        int oldOutputs = _graph.HasNewOutputs ? 0 : old.Fields.Count(f => f.Number == GraphFields.Output);
        if (lastNode < 0) NodesFrom(0);
        for (int i = 0; i < old.Fields.Length; i++)
        {
            Field(old, old.Fields[i], loaded.Owners[i]);
            if (i == lastNode) NodesFrom(_nextNode);
            if (i == lastInitializer) NewInitializers();
            if (i == lastInput) NewInputs(oldInputs);
            if (i == lastOutput) NewOutputs(oldOutputs);
        }
        if (lastInitializer < 0) NewInitializers();
        if (lastInput < 0) NewInputs(oldInputs);
        if (lastOutput < 0) NewOutputs(oldOutputs);
    }

    private void Field(WireMessage old, WireField field, object? owner)
    {
        switch (field.Number)
        {
            case GraphFields.Node:
                NodesUpTo((Node)owner!);
                break;
            case GraphFields.Initializer or GraphFields.SparseInitializer when owner is Value value:
                if (IsHere(value)) Initializer(old, field, value);
                break;
            case GraphFields.Input when owner is Value { IsInitializer: true } value:
                if (!IsHere(value)) break;
                if (IsReplaced(value)) _out.Message(GraphFields.Input, ValueInfoWriter.Edited(old.Message(field), value));
                else _out.Raw(old.Raw(field));
                break;
            case GraphFields.Output when _graph.HasNewOutputs:
                break;
            case GraphFields.Input or GraphFields.Output when owner is Value { IsDeclaredAnew: true } value:
                _out.Message(field.Number, ValueInfoWriter.Edited(old.Message(field), value));
                break;
            case GraphFields.ValueInfo when owner is Value value:
                if (IsHere(value) && !value.IsShapeForgotten && !IsReplaced(value)) _out.Raw(old.Raw(field));
                break;
            case GraphFields.QuantizationAnnotation when owner is Value value:
                if (IsHere(value)) _out.Raw(old.Raw(field));
                break;
            default:
                _out.Raw(old.Raw(field));
                break;
        }
    }

    private void Initializer(WireMessage old, WireField field, Value value)
    {
        LoadedInitializer loaded = value.Wire!;
        if (_mode.Layout?.Place(value.Constant?.Bytes ?? loaded.Opaque) is { } place)
            _out.Message(GraphFields.Initializer, TensorWriter.External(loaded.Message, value.Constant, place));
        else if (IsReplaced(value) || (_mode.MovesInside && loaded.IsExternal))
            _out.Message(GraphFields.Initializer, value.Constant is { } constant ? TensorWriter.Edited(loaded.Message, constant) : TensorWriter.Inlined(loaded.Message, loaded.Opaque));
        else
            _out.Raw(old.Raw(field));
    }

    private void NewInitializers()
    {
        foreach (Value value in _graph.Initializers)
        {
            if (value.Wire is not null) continue;
            ExternalPlace? place = _mode.Layout?.Place(value.Constant!.Bytes);
            _out.Message(GraphFields.Initializer, TensorWriter.New(value.Name, value.Constant!, place));
        }
    }

    private void NewInputs(HashSet<object> old)
    {
        foreach (Value input in _graph.Inputs.Where(v => !old.Contains(v))) _out.Message(GraphFields.Input, ValueInfoWriter.New(input));
    }

    private void NewOutputs(int old)
    {
        foreach (Value output in _graph.Outputs.Skip(old)) _out.Message(GraphFields.Output, ValueInfoWriter.New(output));
    }

    // A file may list its nodes out of order; the graph holds them in order, and an edited graph is written as the graph holds it.
    private void NodesUpTo(Node last)
    {
        if (_written.Contains(last) || !_graph.Contains(last)) return;
        while (_nextNode < _graph.Nodes.Count)
        {
            Node node = _graph.Nodes[_nextNode++];
            Emit(node);
            if (node == last) return;
        }
    }

    private void NodesFrom(int first)
    {
        for (_nextNode = first; _nextNode < _graph.Nodes.Count; _nextNode++) Emit(_graph.Nodes[_nextNode]);
    }

    private void Emit(Node node)
    {
        _written.Add(node);
        NodeWriter.Write(_out, node, _mode);
    }

    private bool IsHere(Value value) => _graph.Values.TryGetValue(value.Name, out Value? now) && now == value;

    private static bool IsReplaced(Value value) => value.Wire is { } loaded && !ReferenceEquals(value.Constant, loaded.Constant);
}
