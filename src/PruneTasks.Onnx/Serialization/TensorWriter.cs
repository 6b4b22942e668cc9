namespace PruneTasks.Onnx.Serialization;

/// <summary>Writes tensors that were made or replaced here, always as raw_data.</summary>
internal static class TensorWriter
{
    /// <summary>A <c>TensorProto</c> from nothing.</summary>
    /// <exception cref="InvalidOperationException">String tensors are not held, so they cannot be written.</exception>
    public static WireBuilder New(string name, TensorData data)
    {
        var message = new WireBuilder();
        Shape(message, data);
        if (name.Length > 0) message.Text(TensorFields.Name, name);
        message.Bytes(TensorFields.RawData, data.Bytes);
        return message;
    }

    /// <summary>A <c>TensorProto</c> with new content; name, documentation and unknown fields stay.</summary>
    public static WireBuilder Edited(WireMessage old, TensorData data)
    {
        var message = new WireBuilder();
        Shape(message, data);
        foreach (WireField field in old.Fields)
        {
            bool isContent = field.Number is TensorFields.Dims or TensorFields.DataType or TensorFields.Segment or TensorFields.FloatData
                or TensorFields.Int32Data or TensorFields.StringData or TensorFields.Int64Data or TensorFields.RawData or TensorFields.DoubleData
                or TensorFields.Uint64Data or TensorFields.ExternalData or TensorFields.DataLocation;
            if (!isContent) message.Raw(old.Raw(field));
        }
        message.Bytes(TensorFields.RawData, data.Bytes);
        return message;
    }

    /// <summary>A <c>TensorProto</c> whose data lay in another file, of an element type that is not read.</summary>
    public static WireBuilder Inlined(WireMessage old, ReadOnlyMemory<byte> data)
    {
        var message = new WireBuilder();
        foreach (WireField field in old.Fields)
        {
            if (field.Number is not (TensorFields.RawData or TensorFields.ExternalData or TensorFields.DataLocation)) message.Raw(old.Raw(field));
        }
        message.Bytes(TensorFields.RawData, data);
        return message;
    }

    private static void Shape(WireBuilder message, TensorData data)
    {
        if (TensorData.SizeOf(data.Type) is null) throw new InvalidOperationException($"a tensor of {data.Type} cannot be written");
        foreach (long dim in data.Shape) message.Int(TensorFields.Dims, dim);
        message.Int(TensorFields.DataType, (long)data.Type);
    }
}
