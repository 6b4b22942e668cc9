namespace PruneTasks.Onnx.Serialization;

/// <summary>Writes the declaration of a graph input or output.</summary>
internal static class ValueInfoWriter
{
    public static WireBuilder New(Value value)
    {
        var message = new WireBuilder();
        message.Text(ValueInfoFields.Name, value.Name);
        message.Message(ValueInfoFields.Type, TypeOf(value));
        return message;
    }

    /// <summary>The declaration with a new type; name, documentation and unknown fields stay.</summary>
    public static WireBuilder Edited(WireMessage old, Value value)
    {
        var message = new WireBuilder();
        foreach (WireField field in old.Fields)
        {
            if (field.Number == ValueInfoFields.Type) message.Message(ValueInfoFields.Type, TypeOf(value));
            else message.Raw(old.Raw(field));
        }
        return message;
    }

    private static WireBuilder TypeOf(Value value)
    {
        var tensor = new WireBuilder();
        tensor.Int(TensorTypeFields.ElementType, (long)value.Type);
        if (value.DeclaredShape is { } shape)
        {
            var axes = new WireBuilder();
            foreach (Axis axis in shape)
            {
                var dim = new WireBuilder();
                if (axis.Size is { } size) dim.Int(DimFields.Value, size);
                else if (axis.Symbol is { } symbol) dim.Text(DimFields.Param, symbol);
                axes.Message(ShapeFields.Dim, dim);
            }
            tensor.Message(TensorTypeFields.Shape, axes);
        }
        var type = new WireBuilder();
        type.Message(TypeFields.Tensor, tensor);
        return type;
    }
}
