namespace PruneTasks.Onnx.Serialization;

/// <summary>Writes an attribute that was made or replaced here.</summary>
internal static class AttributeWriter
{
    /// <remarks>Bodies that were read are written as they were.</remarks>
    /// <exception cref="InvalidOperationException">The attribute is opaque: only one that was read can be kept.</exception>
    public static WireBuilder Write(string name, AttributeData attribute, WriteMode? mode = null)
    {
        var message = new WireBuilder();
        message.Text(AttributeFields.Name, name);
        switch (attribute)
        {
            case { Bodies: [var body] }:
                message.Message(AttributeFields.Graph, GraphWriter.Write(body, mode ?? WriteMode.AsRead));
                message.Int(AttributeFields.Type, AttributeTypes.Graph);
                break;
            case { Int: { } value }:
                message.Int(AttributeFields.Int, value);
                message.Int(AttributeFields.Type, AttributeTypes.Int);
                break;
            case { Float: { } value }:
                message.Float(AttributeFields.Float, value);
                message.Int(AttributeFields.Type, AttributeTypes.Float);
                break;
            case { String: { } value }:
                message.Text(AttributeFields.String, value);
                message.Int(AttributeFields.Type, AttributeTypes.String);
                break;
            case { Tensor: { } value }:
                message.Message(AttributeFields.Tensor, TensorWriter.New("", value));
                message.Int(AttributeFields.Type, AttributeTypes.Tensor);
                break;
            case { Ints: { } values }:
                foreach (long value in values) message.Int(AttributeFields.Ints, value);
                message.Int(AttributeFields.Type, AttributeTypes.Ints);
                break;
            case { Floats: { } values }:
                foreach (float value in values) message.Float(AttributeFields.Floats, value);
                message.Int(AttributeFields.Type, AttributeTypes.Floats);
                break;
            case { Strings: { } values }:
                foreach (string value in values) message.Text(AttributeFields.Strings, value);
                message.Int(AttributeFields.Type, AttributeTypes.Strings);
                break;
            default:
                throw new InvalidOperationException($"attribute '{name}' has no content that can be written");
        }
        return message;
    }
}
