using System.Globalization;

namespace PruneTasks.Onnx.Serialization;

/// <summary>Writes tensors that were made, replaced or moved here: as raw_data, or as a reference to another file.</summary>
internal static class TensorWriter
{
    /// <summary>A <c>TensorProto</c> from nothing.</summary>
    /// <param name="name">Its name; may be empty.</param>
    /// <param name="data">Its content.</param>
    /// <param name="place">Where the content is; <see langword="null"/> to have it inside.</param>
    /// <exception cref="InvalidOperationException">String tensors are not held, so they cannot be written.</exception>
    public static WireBuilder New(string name, TensorData data, ExternalPlace? place = null)
    {
        var message = new WireBuilder();
        Shape(message, data);
        if (name.Length > 0) message.Text(TensorFields.Name, name);
        if (place is null) message.Bytes(TensorFields.RawData, data.Bytes);
        else Place(message, place.Value);
        return message;
    }

    /// <summary>A <c>TensorProto</c> with new content; name, documentation and unknown fields stay.</summary>
    public static WireBuilder Edited(WireMessage old, TensorData data)
    {
        WireBuilder message = Described(old, data);
        message.Bytes(TensorFields.RawData, data.Bytes);
        return message;
    }

    /// <summary>A <c>TensorProto</c> whose content lies in another file; name, documentation and unknown fields stay.</summary>
    /// <param name="old">As it was.</param>
    /// <param name="data">Its content; <see langword="null"/> for an element type that is not read, of which shape and type stay too.</param>
    /// <param name="place">Where the content is.</param>
    public static WireBuilder External(WireMessage old, TensorData? data, ExternalPlace place)
    {
        WireBuilder message = data is null ? WithoutContent(old) : Described(old, data);
        Place(message, place);
        return message;
    }

    private static WireBuilder Described(WireMessage old, TensorData data)
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
        return message;
    }

    /// <summary>A <c>TensorProto</c> whose data lay in another file, of an element type that is not read.</summary>
    public static WireBuilder Inlined(WireMessage old, ReadOnlyMemory<byte> data)
    {
        WireBuilder message = WithoutContent(old);
        message.Bytes(TensorFields.RawData, data);
        return message;
    }

    private static WireBuilder WithoutContent(WireMessage old)
    {
        var message = new WireBuilder();
        foreach (WireField field in old.Fields)
        {
            if (field.Number is not (TensorFields.RawData or TensorFields.ExternalData or TensorFields.DataLocation)) message.Raw(old.Raw(field));
        }
        return message;
    }

    private static void Place(WireBuilder message, ExternalPlace place)
    {
        Entry("location", place.Location);
        Entry("offset", place.Offset.ToString(CultureInfo.InvariantCulture));
        Entry("length", place.Length.ToString(CultureInfo.InvariantCulture));
        message.Int(TensorFields.DataLocation, TensorReader.External);

        void Entry(string key, string value)
        {
            var entry = new WireBuilder();
            entry.Text(EntryFields.Key, key);
            entry.Text(EntryFields.Value, value);
            message.Message(TensorFields.ExternalData, entry);
        }
    }

    private static void Shape(WireBuilder message, TensorData data)
    {
        if (TensorData.SizeOf(data.Type) is null) throw new InvalidOperationException($"a tensor of {data.Type} cannot be written");
        foreach (long dim in data.Shape) message.Int(TensorFields.Dims, dim);
        message.Int(TensorFields.DataType, (long)data.Type);
    }
}
