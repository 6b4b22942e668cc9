namespace PruneTasks.Onnx.Serialization;

/// <summary>Writes a node; of a node that was read and then edited, every field that still holds is kept as it came.</summary>
internal static class NodeWriter
{
    public static void Write(WireBuilder graph, Node node, WriteMode mode)
    {
        LoadedNode? loaded = node.Wire;
        bool inline = mode.MovesInside && loaded is { HasExternalData: true };
        if (loaded is not null && !node.IsModified && !inline)
        {
            graph.Raw(loaded.Field);
            return;
        }
        graph.Message(GraphFields.Node, loaded is null ? New(node) : Edited(node, loaded, inline ? mode : null));
    }

    private static WireBuilder New(Node node)
    {
        var message = new WireBuilder();
        Names(message, NodeFields.Input, node.Inputs);
        Names(message, NodeFields.Output, node.Outputs);
        if (node.Name.Length > 0) message.Text(NodeFields.Name, node.Name);
        message.Text(NodeFields.OpType, node.OpType);
        NewAttributes(message, node, known: null);
        if (node.Domain.Length > 0) message.Text(NodeFields.Domain, node.Domain);
        return message;
    }

    private static WireBuilder Edited(Node node, LoadedNode loaded, WriteMode? inside)
    {
        WireMessage old = loaded.Message;
        var message = new WireBuilder();
        bool outputsWritten = false;
        bool inputsWritten = !old.All(NodeFields.Input).Any();
        if (inputsWritten) Names(message, NodeFields.Input, node.Inputs);
        foreach (WireField field in old.Fields)
        {
            switch (field.Number)
            {
                case NodeFields.Input:
                    if (!inputsWritten) Names(message, NodeFields.Input, node.Inputs);
                    inputsWritten = true;
                    break;
                case NodeFields.Output when node.HasNewOutputs:
                    if (!outputsWritten) Names(message, NodeFields.Output, node.Outputs);
                    outputsWritten = true;
                    break;
                case NodeFields.Attribute:
                    string name = old.Message(field).TextOf(AttributeFields.Name);
                    if (!node.Attributes.TryGetValue(name, out AttributeData? now)) break;
                    bool moves = inside is not null && (now.Tensor is { } tensor ? TensorData.SizeOf(tensor.Type) is not null : now.Bodies.Count == 1);
                    if (ReferenceEquals(now, loaded.Attributes[name]) && !moves) message.Raw(old.Raw(field));
                    else message.Message(NodeFields.Attribute, AttributeWriter.Write(name, now, inside));
                    break;
                default:
                    message.Raw(old.Raw(field));
                    break;
            }
        }
        NewAttributes(message, node, loaded.Attributes);
        return message;
    }

    private static void NewAttributes(WireBuilder message, Node node, IReadOnlyDictionary<string, AttributeData>? known)
    {
        foreach ((string name, AttributeData attribute) in node.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            if (known?.ContainsKey(name) != true) message.Message(NodeFields.Attribute, AttributeWriter.Write(name, attribute));
        }
    }

    private static void Names(WireBuilder message, int number, IReadOnlyList<Value?> values)
    {
        foreach (Value? value in values) message.Text(number, value is null or { IsOmitted: true } ? "" : value.Name);
    }
}
