namespace PruneTasks.Spec.Onnx;

/// <summary>Reads a TypeProto of onnx.proto.</summary>
internal sealed class OnnxTypeReader(ProtoCursor cursor)
{
    private ElementType _type;
    private List<AxisSignature>? _axes;

    /// <summary>The type and, for a dense tensor whose rank is known, its axes.</summary>
    public (ElementType Type, IReadOnlyList<AxisSignature>? Axes) Read()
    {
        cursor.ReadMessage(TypeField);
        return (_type, _axes);
    }

    private void TypeField(int field, int wireType)
    {
        if ((field, wireType) == (1, ProtoCursor.Bytes))
        {
            cursor.ReadMessage(TensorField);
            return;
        }

        _type = field switch
        {
            4 => ElementType.Sequence,
            5 => ElementType.Map,
            8 => ElementType.SparseTensor,
            9 => ElementType.Optional,
            _ => _type,
        };
        cursor.Skip(wireType);
    }

    private void TensorField(int field, int wireType)
    {
        if ((field, wireType) == (1, ProtoCursor.Varint))
        {
            ulong number = cursor.ReadVarint();
            _type = number <= (ulong)ElementType.Float4E2M1 ? (ElementType)number : ElementType.Unknown;
        }
        else if ((field, wireType) == (2, ProtoCursor.Bytes))
        {
            // A shape without axes is a scalar; no shape is an unknown rank.
            _axes = [];
            cursor.ReadMessage((axis, type) =>
            {
                if ((axis, type) == (1, ProtoCursor.Bytes))
                    _axes.Add(ReadAxis());
                else
                    cursor.Skip(type);
            });
        }
        else
        {
            cursor.Skip(wireType);
        }
    }

    private AxisSignature ReadAxis()
    {
        var axis = new AxisSignature(null, null);
        cursor.ReadMessage((field, wireType) =>
        {
            // Some exporters write -1 for a length that is not known.
            if ((field, wireType) == (1, ProtoCursor.Varint))
                axis = (long)cursor.ReadVarint() is >= 0 and var length ? new(length, null) : default;
            else if ((field, wireType) == (2, ProtoCursor.Bytes))
                axis = cursor.ReadText() is { Length: > 0 } symbol ? new(null, symbol) : default;
            else
                cursor.Skip(wireType);
        });
        return axis;
    }
}
