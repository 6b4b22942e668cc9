namespace PruneTasks.Spec.Onnx;

/// <summary>A node, as far as lengths of axes depend on it (onnx.proto, NodeProto).</summary>
internal sealed class GraphNode
{
    /// <summary>The operator; those of other domains than ONNX's own have the domain and a colon in front.</summary>
    public string Operator { get; set; } = "";

    /// <summary>Names of the inputs; empty where one is left out.</summary>
    public List<string> Inputs { get; } = [];

    /// <summary>Names of the outputs; empty where one is left out.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>Attributes that are whole numbers, or lists of them.</summary>
    public Dictionary<string, IReadOnlyList<long>> Numbers { get; } = new(StringComparer.Ordinal);

    /// <summary>An attribute that is one number.</summary>
    public long Number(string name, long absent) => Numbers.TryGetValue(name, out IReadOnlyList<long>? found) && found.Count == 1 ? found[0] : absent;
}

/// <summary>The nodes of a model's graph in their order, and the axes of its weights; contents of weights are passed over.</summary>
internal sealed class GraphNodes
{
    // Longer lists are no axes; they are left out.
    private const int MostAxes = 64;

    private readonly ProtoCursor _cursor;

    private GraphNodes(Stream stream)
    {
        _cursor = new ProtoCursor(stream);
        while (_cursor.NextField(out int field, out int wireType))
        {
            if ((field, wireType) == (7, ProtoCursor.Bytes))
                _cursor.ReadMessage(GraphField);
            else
                _cursor.Skip(wireType);
        }
    }

    /// <summary>The nodes.</summary>
    public List<GraphNode> Nodes { get; } = [];

    /// <summary>Axes of the initializers.</summary>
    public Dictionary<string, IReadOnlyList<long>> Weights { get; } = new(StringComparer.Ordinal);

    /// <exception cref="OnnxFormatException">The file is cut off.</exception>
    public static GraphNodes Read(Stream stream) => new(stream);

    private void GraphField(int field, int wireType)
    {
        if ((field, wireType) == (1, ProtoCursor.Bytes))
            Nodes.Add(ReadNode());
        else if ((field, wireType) == (5, ProtoCursor.Bytes))
            ReadWeight();
        else
            _cursor.Skip(wireType);
    }

    private GraphNode ReadNode()
    {
        var node = new GraphNode();
        string domain = "";
        _cursor.ReadMessage((field, wireType) =>
        {
            switch (field, wireType)
            {
                case (1, ProtoCursor.Bytes):
                    node.Inputs.Add(_cursor.ReadText());
                    break;
                case (2, ProtoCursor.Bytes):
                    node.Outputs.Add(_cursor.ReadText());
                    break;
                case (4, ProtoCursor.Bytes):
                    node.Operator = _cursor.ReadText();
                    break;
                case (5, ProtoCursor.Bytes):
                    ReadAttribute(node);
                    break;
                case (7, ProtoCursor.Bytes):
                    domain = _cursor.ReadText();
                    break;
                default:
                    _cursor.Skip(wireType);
                    break;
            }
        });
        if (domain is not ("" or "ai.onnx"))
            node.Operator = domain + ":" + node.Operator;
        return node;
    }

    // AttributeProto: name = 1, i = 3, ints = 8, packed or one by one.
    private void ReadAttribute(GraphNode node)
    {
        string name = "";
        List<long> numbers = [];
        _cursor.ReadMessage((field, wireType) =>
        {
            if ((field, wireType) == (1, ProtoCursor.Bytes))
                name = _cursor.ReadText();
            else if (!ReadNumbers(numbers, wireType, field is 3 or 8))
                _cursor.Skip(wireType);
        });
        if (numbers.Count is > 0 and <= MostAxes)
            node.Numbers[name] = numbers;
    }

    // TensorProto: dims = 1, packed or one by one, name = 8.
    private void ReadWeight()
    {
        string name = "";
        List<long> axes = [];
        _cursor.ReadMessage((field, wireType) =>
        {
            if ((field, wireType) == (8, ProtoCursor.Bytes))
                name = _cursor.ReadText();
            else if (!ReadNumbers(axes, wireType, field == 1))
                _cursor.Skip(wireType);
        });
        if (axes.Count <= MostAxes)
            Weights[name] = axes;
    }

    private bool ReadNumbers(List<long> numbers, int wireType, bool wanted)
    {
        if (!wanted || wireType is not (ProtoCursor.Varint or ProtoCursor.Bytes) || (wireType == ProtoCursor.Varint && numbers.Count > MostAxes))
            return false;
        if (wireType == ProtoCursor.Bytes)
            _cursor.ReadPackedVarints(numbers, MostAxes + 1);
        else
            numbers.Add((long)_cursor.ReadVarint());
        return true;
    }
}
