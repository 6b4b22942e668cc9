namespace PruneTasks.Onnx.Serialization;

/// <summary>Builds a <see cref="Graph"/> from a <c>GraphProto</c>.</summary>
internal sealed class GraphReader
{
    private readonly WireMessage _message;
    private readonly ExternalData _external;
    private readonly Graph _graph;
    private readonly object?[] _owners;
    // Bodies around this graph; 0 for the main graph.
    private readonly int _depth;

    private GraphReader(WireMessage message, ExternalData external, int depth)
    {
        _depth = depth;
        _message = message;
        _external = external;
        _owners = new object?[message.Fields.Length];
        _graph = new Graph(message.TextOf(GraphFields.Name)) { Wire = new LoadedGraph(message, _owners) };
    }

    /// <exception cref="OnnxFormatException">Malformed in any way.</exception>
    public static Graph Read(WireMessage message, ExternalData external) => Read(message, external, 0);

    /// <summary>Reads the body of a control-flow node; a name that it does not define is one of the graphs around it (<see cref="Graph.Outer"/>).</summary>
    /// <exception cref="OnnxFormatException">Malformed in any way.</exception>
    public static Graph ReadBody(WireMessage message, ExternalData external, int depth) => Read(message, external, depth);

    private static Graph Read(WireMessage message, ExternalData external, int depth)
    {
        var reader = new GraphReader(message, external, depth);
        // Fields may come in any order, so each kind has its own pass, definitions before uses.
        reader.Each(GraphFields.Initializer, reader.ReadInitializer);
        reader.Each(GraphFields.SparseInitializer, reader.ReadSparseInitializer);
        reader.Each(GraphFields.Input, reader.ReadInput);
        reader.Each(GraphFields.Node, reader.ReadNode);
        reader.ConnectInputs();
        reader.Each(GraphFields.Output, reader.ReadOutput);
        reader.Each(GraphFields.ValueInfo, reader.ReadValueInfo);
        reader.Each(GraphFields.QuantizationAnnotation, reader.ReadAnnotation);
        foreach (Node node in reader._graph.Nodes) reader._graph.Connect(node, depth > 0);
        TopologicalOrder.Establish(reader._graph, message.Origin);
        return reader._graph;
    }

    private void Each(int number, Func<WireField, WireMessage, object?> read)
    {
        for (int i = 0; i < _message.Fields.Length; i++)
        {
            WireField field = _message.Fields[i];
            if (field.Number == number) _owners[i] = read(field, _message.Message(field));
        }
    }

    private Value ReadInitializer(WireField field, WireMessage tensor)
    {
        TensorData? data = TensorReader.Read(tensor, _external);
        Value value = Define(tensor.TextOf(TensorFields.Name), tensor);
        value.Type = data?.Type ?? (ElementType)tensor.IntOf(TensorFields.DataType);
        value.DeclaredShape = [.. tensor.Ints(TensorFields.Dims).Select(d => new Axis(d, null))];
        value.Constant = data;
        value.IsInitializer = true;
        bool isExternal = tensor.IntOf(TensorFields.DataLocation) == TensorReader.External;
        value.Wire = new LoadedInitializer(tensor, data, isExternal) { Opaque = isExternal && data is null ? _external.ReadAll(tensor) : default };
        _graph.AppendInitializerFromFile(value);
        return value;
    }

    private Value ReadSparseInitializer(WireField field, WireMessage sparse)
    {
        if (sparse.Last(SparseTensorFields.Values) is not { } values) throw sparse.Fail(field, OnnxFormatError.InvalidTensor, "a sparse initializer has no values");
        WireMessage tensor = sparse.Message(values);
        Value value = Define(tensor.TextOf(TensorFields.Name), sparse);
        value.Type = (ElementType)tensor.IntOf(TensorFields.DataType);
        value.IsInitializer = true;
        value.Wire = new LoadedInitializer(sparse, null, IsExternal: false);
        _graph.AppendInitializerFromFile(value);
        return value;
    }

    private Value ReadInput(WireField field, WireMessage valueInfo)
    {
        string name = valueInfo.TextOf(ValueInfoFields.Name);
        if (_graph.Values.TryGetValue(name, out Value? initializer) && initializer.IsInitializer) return initializer;
        Value value = Define(name, valueInfo);
        (value.Type, value.DeclaredShape) = TypeReader.Read(valueInfo);
        _graph.AppendInputFromFile(value);
        return value;
    }

    private Node ReadNode(WireField field, WireMessage message)
    {
        string domain = message.TextOf(NodeFields.Domain);
        var node = new Node(message.TextOf(NodeFields.OpType), domain == "ai.onnx" ? "" : domain, message.TextOf(NodeFields.Name));
        if (node.OpType.Length == 0) throw new OnnxFormatException(OnnxFormatError.MissingName, message.Origin, "a node names no operator");
        var attributes = new Dictionary<string, AttributeData>(StringComparer.Ordinal);
        long external = _external.TotalBytes;
        foreach (WireField attributeField in message.All(NodeFields.Attribute))
        {
            WireMessage attribute = message.Message(attributeField);
            string name = attribute.TextOf(AttributeFields.Name);
            if (!attributes.TryAdd(name, AttributeReader.Read(attribute, _external, _depth)))
                throw message.Fail(attributeField, OnnxFormatError.DuplicateName, $"attribute '{name}' is given twice");
        }
        node.Attributes = attributes;
        node.Wire = new LoadedNode(_message.Raw(field), message, attributes) { HasExternalData = _external.TotalBytes > external };
        foreach (WireField output in message.All(NodeFields.Output))
        {
            string name = message.Text(output);
            Value value = name.Length == 0 ? _graph.NewOmittedValue() : Define(name, message);
            node.AddOutput(value);
        }
        if (node is { OpType: "Constant", Domain: "", Outputs: [Value constant, ..] })
        {
            constant.Constant = ConstantNode.ContentOf(node);
            constant.Type = constant.Constant?.Type ?? ElementType.Undefined;
        }
        _graph.AppendFromFile(node);
        return node;
    }

    private void ConnectInputs()
    {
        foreach (Node node in _graph.Nodes)
        {
            WireMessage message = node.Wire!.Message;
            foreach (WireField input in message.All(NodeFields.Input))
            {
                string name = message.Text(input);
                node.AddInput(name.Length == 0 ? null : Find(name, message));
            }
            RequireOperands(node, message);
        }
    }

    // So that everyone who looks at a known operator may take what it must have for granted.
    private static void RequireOperands(Node node, WireMessage message)
    {
        if (OperatorTable.Default.Find(node) is not { } row) return;
        // Some that are demanded may be left empty: the first of Scan 8, those of Resize 11 that it does not use.
        bool mayBeEmpty = row.Behaviour is AxisBehaviour.Barrier or AxisBehaviour.Resize or AxisBehaviour.Attention;
        bool all = node.Inputs.Count >= row.Inputs.Min && (mayBeEmpty || node.Inputs.Take(row.Inputs.Min).All(i => i is not null));
        if (all && node.Outputs.Count >= row.Outputs.Min) return;
        string what = all ? $"{node.Outputs.Count} outputs, {row.Outputs.Min}" : $"{node.Inputs.OfType<Value>().Count()} inputs, {row.Inputs.Min}";
        throw new OnnxFormatException(OnnxFormatError.InvalidNode, message.Origin, $"{node.OpType} '{node.Name}' has {what} are needed");
    }

    private Value ReadOutput(WireField field, WireMessage valueInfo)
    {
        Value value = Find(valueInfo.TextOf(ValueInfoFields.Name), valueInfo);
        (ElementType type, IReadOnlyList<Axis>? shape) = TypeReader.Read(valueInfo);
        _graph.AddOutput(value, type, shape);
        return value;
    }

    private Value? ReadValueInfo(WireField field, WireMessage valueInfo)
    {
        if (!_graph.Values.TryGetValue(valueInfo.TextOf(ValueInfoFields.Name), out Value? value)) return null;
        if (value.Type == ElementType.Undefined) value.Type = TypeReader.Read(valueInfo).Type;
        value.DeclaredShape ??= TypeReader.Read(valueInfo).Shape;
        return value;
    }

    private Value? ReadAnnotation(WireField field, WireMessage annotation) =>
        _graph.Values.GetValueOrDefault(annotation.TextOf(AnnotationFields.TensorName));

    private Value Define(string name, WireMessage at)
    {
        if (name.Length == 0) throw new OnnxFormatException(OnnxFormatError.MissingName, at.Origin, "an input or initializer has no name");
        if (_graph.Values.ContainsKey(name)) throw new OnnxFormatException(OnnxFormatError.DuplicateName, at.Origin, $"'{name}' is defined twice");
        return _graph.NewValue(name);
    }

    private Value Find(string name, WireMessage at) =>
        _graph.Values.GetValueOrDefault(name)
        ?? (_depth > 0 && name.Length > 0 ? _graph.NewOuterValue(name) : null)
        ?? throw new OnnxFormatException(OnnxFormatError.UndefinedName, at.Origin, $"'{name}' is read but defined nowhere");
}
