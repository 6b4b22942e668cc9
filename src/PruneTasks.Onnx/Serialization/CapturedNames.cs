namespace PruneTasks.Onnx.Serialization;

/// <summary>Names that the bodies of control-flow nodes (If, Loop, Scan) use: those read from outside, and those defined inside.</summary>
internal sealed class CapturedNames
{
    private const int MaxDepth = 32;

    /// <summary>Read inside a body, defined outside of it.</summary>
    public HashSet<string> Outer { get; } = new(StringComparer.Ordinal);

    /// <summary>Defined inside a body; a new name outside must not equal one (ONNX IR, "Names Within a Graph").</summary>
    public HashSet<string> Inner { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds the names in the bodies of <paramref name="node"/>, a <c>NodeProto</c>.</summary>
    /// <exception cref="OnnxFormatException">A body is malformed or nested too deeply.</exception>
    public void AddBodiesOf(WireMessage node) => Outer.UnionWith(FreeNamesOf(node, 1));

    private HashSet<string> FreeNamesOf(WireMessage node, int depth)
    {
        var free = new HashSet<string>(StringComparer.Ordinal);
        foreach (WireField attributeField in node.All(NodeFields.Attribute))
        {
            WireMessage attribute = node.Message(attributeField);
            foreach (WireField body in attribute.Fields)
            {
                if (body.Number is not (AttributeFields.Graph or AttributeFields.Graphs)) continue;
                if (depth > MaxDepth) throw attribute.Fail(body, OnnxFormatError.TooDeep, "control-flow bodies are nested too deeply");
                free.UnionWith(FreeNamesOfBody(attribute.Message(body), depth));
            }
        }
        return free;
    }

    private HashSet<string> FreeNamesOfBody(WireMessage body, int depth)
    {
        var read = new HashSet<string>(StringComparer.Ordinal);
        var defined = new HashSet<string>(StringComparer.Ordinal);
        foreach (WireField field in body.Fields)
        {
            switch (field.Number)
            {
                case GraphFields.Node:
                    WireMessage node = body.Message(field);
                    read.UnionWith(node.All(NodeFields.Input).Select(node.Text));
                    defined.UnionWith(node.All(NodeFields.Output).Select(node.Text));
                    read.UnionWith(FreeNamesOf(node, depth + 1));
                    break;
                case GraphFields.Initializer:
                    defined.Add(body.Message(field).TextOf(TensorFields.Name));
                    break;
                case GraphFields.SparseInitializer:
                    WireMessage sparse = body.Message(field);
                    if (sparse.Last(SparseTensorFields.Values) is { } values) defined.Add(sparse.Message(values).TextOf(TensorFields.Name));
                    break;
                case GraphFields.Input:
                    defined.Add(body.Message(field).TextOf(ValueInfoFields.Name));
                    break;
                case GraphFields.Output:
                    read.Add(body.Message(field).TextOf(ValueInfoFields.Name));
                    break;
                default: break;
            }
        }
        Inner.UnionWith(defined);
        read.ExceptWith(defined);
        read.Remove("");
        return read;
    }
}
